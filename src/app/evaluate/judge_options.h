#pragma once
// Who judges, on the command line: a checkpoint, a chat endpoint, or gold rules.
#include "app/commands.h"
#include "evaluate/judges/endpoint.h"
#include "evaluate/judges/local_chat.h"

namespace selfreward {

struct JudgeOptions {
  std::string judge, endpoint, model, api_key_env, request_patch;
  int64_t concurrency = 4;
  double requests_per_minute = 0, connect_timeout = 10, timeout = 300, price_in = 0, price_out = 0;
  bool yes = false, dry_run = false;

  void add_to(Command command);
};

/// The judge of one command. A checkpoint is read when the first question is asked.
class Judge {
 public:
  /// `cache`: where an endpoint's replies are kept. Not exactly one of --judge and --endpoint: an Error.
  Judge(const JudgeOptions& options, const RunConfig& config, const fs::path& cache);

  const std::string& name() const { return name_; }
  bool is_endpoint() const { return endpoint_.has_value(); }
  /// What its replies depend on.
  Json inputs() const;
  /// Prints what the questions will cost. False after --dry-run. With prices it asks on a terminal; without
  /// one, --yes must be given.
  bool approve(const std::vector<ChatQuestion>& questions, const ChatParams& params) const;
  Chat chat();

 private:
  JudgeOptions options_;
  const RunConfig& config_;
  std::string name_;
  std::optional<Endpoint> endpoint_;
  std::optional<Policy> policy_;
  Chat local_;
};

}  // namespace selfreward
