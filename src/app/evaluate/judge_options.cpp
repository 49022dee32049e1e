#include "app/evaluate/judge_options.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "base/format.h"
#include "base/paths.h"
#include "base/progress.h"
#include "evaluate/benchmarks/model_answers.h"
#include "run/load_policy.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

EndpointSettings endpoint_settings(const JudgeOptions& options, const fs::path& cache) {
  EndpointSettings settings{
      .url = options.endpoint, .model = options.model, .api_key_env = options.api_key_env};
  if (!options.request_patch.empty()) settings.request_patch = parse_json(options.request_patch, "--request");
  check(settings.request_patch.is_object(), "[endpoint] --request is ", options.request_patch,
        "; a JSON object is wanted");
  settings.cache = cache;
  settings.concurrency = options.concurrency;
  settings.requests_per_minute = options.requests_per_minute;
  settings.limits = {options.connect_timeout, options.timeout};
  return settings;
}

std::string cost_text(const EndpointCost& cost, const JudgeOptions& options) {
  std::string text =
      str(cost.requests, " requests to ", options.model, ", ", cost.cached,
          " of them in the cache; to send: ", cost.requests - cost.cached, ", about ", cost.prompt_tokens,
          " tokens in (bytes / 4), at most ", cost.max_completion_tokens, " out");
  if (options.price_in <= 0 && options.price_out <= 0) return text;
  const double in = static_cast<double>(cost.prompt_tokens) * options.price_in / 1e6;
  const double out = static_cast<double>(cost.max_completion_tokens) * options.price_out / 1e6;
  return text + "; about " + fixed(in, 2) + " for the tokens in, at most " + fixed(in + out, 2) + " in all";
}

bool says_yes() {
  std::fprintf(stderr, "Go on? [y/N] ");
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

}  // namespace

void JudgeOptions::add_to(Command command) {
  command.add_option("--judge", judge, "the judge: a checkpoint").type_name("DIR");
  command
      .add_option("--endpoint", endpoint,
                  "or a chat endpoint in OpenAI's format, as http://localhost:8000/v1")
      .type_name("URL");
  command.add_option("--judge-model", model, "the model's name at the endpoint").type_name("NAME");
  command.add_option("--api-key-env", api_key_env, "environment variable with the endpoint's key")
      .type_name("VAR");
  command.add_option("--request", request_patch,
                     "JSON that is merged into every request, null takes a key out");
  command.add_option("--concurrency", concurrency, "requests at once").show_default();
  command.add_option("--requests-per-minute", requests_per_minute, "at most so many; 0: no limit")
      .not_negative()
      .show_default();
  command.add_option("--connect-timeout", connect_timeout, "seconds").positive().show_default();
  command.add_option("--timeout", timeout, "seconds for a whole request").positive().show_default();
  command.add_option("--price-in", price_in, "of a million tokens in, for the estimate").not_negative();
  command.add_option("--price-out", price_out, "of a million tokens out").not_negative();
  command.add_flag("--yes", yes, "do not ask whether the estimated price is all right");
  command.add_flag("--dry-run", dry_run, "print what an endpoint would be asked, and stop");
}

Judge::Judge(const JudgeOptions& options, const RunConfig& config, const fs::path& cache)
    : options_(options), config_(config) {
  check(options.judge.empty() != options.endpoint.empty(),
        "[evaluate] exactly one judge is wanted: --judge DIR or --endpoint URL");
  if (!options.endpoint.empty()) {
    endpoint_.emplace(endpoint_settings(options, cache));
    name_ = options.model;
    return;
  }
  check(fs::is_directory(options.judge), "[evaluate] the judge ", options.judge, " is no directory");
  name_ = directory_name(options.judge);
}

Json Judge::inputs() const {
  StageInputs inputs = StageInputs(config_).settings({"judge.sampling."});
  if (is_endpoint())
    inputs.value(
        "endpoint",
        {{"url", options_.endpoint}, {"model", options_.model}, {"request", options_.request_patch}});
  else
    inputs.settings(kModelSettings).checkpoint("judge", options_.judge);
  return inputs.json();
}

bool Judge::approve(const std::vector<ChatQuestion>& questions, const ChatParams& params) const {
  if (!is_endpoint()) {
    if (options_.dry_run) log_line(str(questions.size(), " questions to ", name_));
    return !options_.dry_run;
  }
  const EndpointCost cost = endpoint_->cost(questions, params);
  log_line(cost_text(cost, options_));
  if (options_.dry_run && !questions.empty())
    std::printf("%s", endpoint_->request(questions.front(), params).dump(2).append("\n").c_str());
  if (options_.dry_run) return false;
  const bool has_price = options_.price_in > 0 || options_.price_out > 0;
  if (!has_price || options_.yes || cost.requests == cost.cached) return true;
  check(::isatty(STDIN_FILENO) == 1,
        "[endpoint] prices are given and nobody is there to be asked; add --yes");
  check(says_yes(), "[endpoint] nothing was sent");
  return true;
}

Chat Judge::chat() {
  if (endpoint_)
    return [this](const auto& questions, const ChatParams& params) {
      auto replies = endpoint_->ask(questions, params);
      const bool has_tokens =
          std::any_of(replies.begin(), replies.end(), [](auto& r) { return !r.tokens.empty(); });
      check(params.top_logprobs == 0 || replies.empty() || has_tokens, "[endpoint] ", options_.endpoint,
            " gives no log-probabilities; leave out --weighted");
      return replies;
    };
  return [this](const auto& questions, const ChatParams& params) {
    if (!policy_) {
      policy_.emplace(load_policy(config_.model, options_.judge));
      const Seed seed = root_seed(config_).child("evaluate", "judge");
      local_ = local_chat({*policy_, config_.generation, seed});
    }
    return local_(questions, params);
  };
}

}  // namespace selfreward
