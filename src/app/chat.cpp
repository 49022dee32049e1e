// chat: a conversation with any checkpoint in the terminal.
#include <cstdio>

#include "app/chat_terminal.h"
#include "app/commands.h"
#include "base/interrupt.h"
#include "base/text_util.h"
#include "infer/generator.h"
#include "infer/running_batch.h"
#include "model/policy/policy.h"
#include "serve/text_stream.h"

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

/// Room for a prompt and an answer of the whole context: each begins a page of its own.
GenerationSettings generation_for(const ModelConfig& config) {
  return {.max_batch_size = 1, .max_cache_tokens = whole_pages(config.max_position_embeddings) + kPageSlots};
}

struct Reply {
  std::string text;  // without white space at both ends
  bool cut = false;  // by its length, or by Ctrl-C
};

/// Writes the text of tokens as they come, from the first character that is no white space.
class ReplyPrinter {
 public:
  explicit ReplyPrinter(const Tokenizer& tokenizer) : detokenizer_(tokenizer) {}
  void add(int64_t id) { show(detokenizer_.add(id)); }
  std::string finish() {
    show(detokenizer_.finish());
    return strip(text_);
  }

 private:
  void show(const std::string& piece) {
    if (text_.empty() && strip(piece).empty()) return;
    const size_t begin = text_.empty() ? piece.find(strip(piece)) : 0;
    std::printf("%s", piece.c_str() + begin);
    std::fflush(stdout);
    text_ += piece.substr(begin);
  }

  Detokenizer detokenizer_;
  std::string text_;
};

/// The answer to a prompt, shown while it is drawn. Ctrl-C ends it.
Reply answer(Generator& generator, const TokenIds& prompt, const Seed& seed,
             const SamplingSettings& sampling) {
  ReplyPrinter printer(generator.chat().tokenizer());
  Reply reply;
  const auto take = [&](Sequence& sequence) {
    const bool stops = generator.chat().is_stop(sequence.ids.back());
    if (!stops) printer.add(sequence.ids.back());
    reply.cut = !stops && std::ssize(sequence.ids) >= sequence.max_tokens;
    sequence.done = stops || reply.cut;
  };
  RunningBatch batch = generator.new_batch();
  batch.add({{prompt, 1, seed, sampling, take, std::nullopt, nullptr}});
  while (!batch.idle() && !stop_is_requested()) batch.step();
  reply.cut = take_interrupt() || reply.cut;
  throw_if_interrupted();
  reply.text = printer.finish();
  std::printf("%s\n", reply.cut ? " ..." : "");
  return reply;
}

/// Answers the user's message. An answer that was stopped before its first word takes the
/// message with it.
void take_turn(Generator& generator, const Options& options, const std::string& line, int64_t turn,
               Conversation& messages) {
  messages.push_back({"user", line});
  const TokenIds prompt = generator.chat().prompt_ids(messages);
  if (!generator.fits(prompt)) {
    std::printf("(the conversation fills the model's context; /new starts again)\n");
    return messages.pop_back();
  }
  const auto seed = Seed(options.seed).child("chat", turn);
  const Reply reply = answer(generator, prompt, seed, options.sampling);
  if (reply.cut && reply.text.empty()) return messages.pop_back();
  messages.push_back({"assistant", reply.text});
}

void chat(const Options& options) {
  Policy policy = Policy::load(options.model, {options.device, options.dtype}, {options.kwargs, ""});
  Generator generator(policy, generation_for(policy.config()));
  std::printf("%s: /new starts again, /quit or Ctrl-D ends, Ctrl-C stops an answer.\n",
              options.model.c_str());
  ChatTerminal terminal;
  Conversation messages = new_conversation(options);
  for (int64_t turn = 0; const auto said = terminal.ask(); ++turn) {
    const std::string line = strip(*said);
    if (line == "/quit") break;
    if (line == "/new")
      messages = new_conversation(options);
    else if (!line.empty())
      take_turn(generator, options, *said, turn, messages);
  }
  std::printf("\n");
}

}  // namespace

void add_chat(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command("chat", "talk with a checkpoint in the terminal");
  command.add_option("--model", options->model, "checkpoint").required().type_name("DIR");
  command.add_option("--system", options->system, "system message");
  command
      .add_option("--chat-template-kwargs", options->kwargs,
                  "variables of the chat template, as '{\"enable_thinking\": false}'")
      .type_name("JSON");
  command.add_option("--temperature", options->sampling.temperature, "0 takes the most probable token")
      .show_default()
      .not_negative();
  command.add_option("--top-p", options->sampling.top_p, "nucleus sampling").show_default().between(0.0, 1.0);
  command.add_option("--top-k", options->sampling.top_k, "0 is off").show_default().not_negative();
  command.add_option("--max-new-tokens", options->sampling.max_new_tokens, "length of a reply")
      .show_default()
      .positive();
  command.add_option("--device", options->device, "auto, cpu, cuda or cuda:N").show_default();
  command.add_option("--dtype", options->dtype, "bfloat16 or float32").show_default();
  command.add_option("--seed", options->seed, "the same seed gives the same replies").show_default();
  command.callback([options] { chat(*options); });
}

}  // namespace selfreward
