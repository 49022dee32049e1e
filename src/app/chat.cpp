// chat: a conversation with any checkpoint in the terminal.
#include <cstdio>
#include <iostream>

#include "app/commands.h"
#include "base/text_util.h"
#include "infer/generator.h"

namespace selfreward {
namespace {

struct Options {
  std::string model, system, kwargs, device = "auto", dtype = "bfloat16";
  SamplingSettings sampling;
  int64_t seed = 1;
};

Conversation new_conversation(const Options& options) {
  if (options.system.empty()) return {};
  return {{"system", options.system}};
}

void chat(const Options& options) {
  Policy policy = Policy::load(options.model, {options.device, options.dtype}, {options.kwargs, ""});
  Generator generator(policy,
                      {.max_batch_size = 1, .max_cache_tokens = policy.config().max_position_embeddings});
  std::printf("%s: /new starts again, /quit or Ctrl-D ends.\n", options.model.c_str());
  Conversation messages = new_conversation(options);
  for (int64_t turn = 0;; ++turn) {
    std::printf("> ");
    std::fflush(stdout);
    std::string line;
    if (!std::getline(std::cin, line) || strip(line) == "/quit") break;
    if (strip(line).empty()) continue;
    if (strip(line) == "/new") {
      messages = new_conversation(options);
      continue;
    }
    messages.push_back({"user", line});
    const TokenIds prompt = policy.chat().prompt_ids(messages);
    if (!generator.fits(prompt)) {
      std::printf("(the conversation fills the model's context of %lld tokens; /new starts again)\n",
                  static_cast<long long>(policy.config().max_position_embeddings));
      messages.pop_back();
      continue;
    }
    const auto seed = Seed(static_cast<uint64_t>(options.seed)).child("chat", turn);
    const Completion reply = generator.generate({{prompt, 1, seed}}, options.sampling)[0][0];
    std::printf("%s%s\n", reply.text.c_str(), reply.finish_reason == FinishReason::length ? " ..." : "");
    messages.push_back({"assistant", reply.text});
  }
  std::printf("\n");
}

}  // namespace

void add_chat(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("chat", "talk with a checkpoint in the terminal");
  command->add_option("--model", options->model, "checkpoint")->required()->type_name("DIR");
  command->add_option("--system", options->system, "system message");
  command
      ->add_option("--chat-template-kwargs", options->kwargs,
                   "variables of the chat template, as '{\"enable_thinking\": false}'")
      ->type_name("JSON");
  command->add_option("--temperature", options->sampling.temperature, "0 takes the most probable token")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--top-p", options->sampling.top_p, "nucleus sampling")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  command->add_option("--top-k", options->sampling.top_k, "0 is off")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--max-new-tokens", options->sampling.max_new_tokens, "length of a reply")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
  command->add_option("--dtype", options->dtype, "bfloat16 or float32")->capture_default_str();
  command->add_option("--seed", options->seed, "the same seed gives the same replies")->capture_default_str();
  command->callback([options] { chat(*options); });
}

}  // namespace selfreward
