// eft: examples of judging, made of a model's own answers and rules that know what is right.
#include <cstdio>
#include <map>
#include <set>

#include "app/commands.h"
#include "base/in_row.h"
#include "base/paths.h"
#include "base/progress.h"
#include "base/text_util.h"
#include "data/unique_ids.h"
#include "feedback/verdicts.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

struct Options {
  ConfigOptions config;
  std::string prompts, out;
  std::vector<std::string> candidates;
  bool overwrite = false;
};

const CommandSettings kEft{"eft", {"seed", "eft.max_examples", "eft.max_score_share"}};

/// The answers of all files, those to one prompt numbered on from file to file; what another one said already
/// ("same_answer") is left out.
Filtered<Candidate> read_candidates(const std::vector<std::string>& files) {
  Filtered<Candidate> all;
  std::map<std::string, std::set<std::string>> texts;
  std::map<std::string, int64_t> next;
  for (const std::string& file : files) {
    std::set<std::pair<std::string, int64_t>> seen;
    for (Candidate& candidate : read_jsonl<Candidate>(file)) {
      check(seen.insert({candidate.prompt_id, candidate.index}).second, "[eft] ", file, ": prompt '",
            candidate.prompt_id, "' has two candidates ", candidate.index);
      if (!texts[candidate.prompt_id].insert(candidate.text).second) {
        leave_out(all, "same_answer", candidate.prompt_id);
        continue;
      }
      candidate.index = next[candidate.prompt_id]++;
      all.records.push_back(std::move(candidate));
    }
  }
  check(!all.records.empty(), "[eft] ", joined(files, ", "), " (--candidates) has no answers");
  return all;
}

void print_table(const Json& counts) {
  size_t widest = std::string("requirement").size();
  for (const auto& [kind, count] : counts.items()) widest = std::max(widest, kind.size());
  const int width = static_cast<int>(widest);
  std::printf("%-*s %8s %8s\n", width, "requirement", "met", "not met");
  for (const auto& [kind, count] : counts.items())
    std::printf("%-*s %8lld %8lld\n", width, kind.c_str(), count["met"].get<long long>(),
                count["not_met"].get<long long>());
}

void run_eft(const Options& options) {
  const RunConfig config = options.config.load(kEft);
  check_file_can_be_made(options.out);
  const auto answers = read_candidates(options.candidates);
  const auto prompts = read_prompts(options.prompts);
  const AnswersByPrompt by_prompt =
      answers_by_prompt(prompts, answers.records, "[eft] " + joined(options.candidates, ", ") + ": ");
  auto made = at_place(options.prompts, [&] { return verdicts_by_rules(prompts, by_prompt); });
  add_counts(made.dropped, answers.dropped);
  check(!made.records.empty(), "[eft] no verdict can be made: left out are ", left_out_text(made),
        "; verdicts need answers (--candidates) that say something, to --prompts ", options.prompts,
        " whose requirements have a kind and a wording (docs/formats.md)");
  auto chosen = balanced_verdicts(std::move(made.records), config.eft, root_seed(config).child("eft_choice"));
  add_counts(chosen.dropped, made.dropped);
  StageInputs inputs = StageInputs(config).settings(kEft.reads);
  inputs.file("--prompts", options.prompts).files("--candidates", options.candidates);
  const auto verdicts = memo<VerdictRow>(records_output(options.out, inputs), options.overwrite,
                                         [&](RecordSink<VerdictRow>& out) {
                                           if (out.shards() == 0) out.append(chosen.records, chosen.dropped);
                                         });
  print_table(verdict_counts(verdicts));
  log_line(str("wrote ", verdicts.size(), " verdicts to ", options.out,
               "; left out: ", counts_text(chosen.dropped)));
}

}  // namespace

void add_eft(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "eft", "verdicts on a model's own answers by rules, to train a checklist judge on (settings eft.*)");
  command
      .add_option("--prompts", options->prompts, "prompts whose rows have requirements with kind and wording")
      .required()
      .existing_file();
  command.add_option("--candidates", options->candidates, "what `generate` wrote, of one model or several")
      .required()
      .existing_file();
  command.add_option("--out", options->out, "file to write: data.eft where eft.source is verdicts")
      .required()
      .type_name("FILE");
  add_overwrite(command, options->overwrite);
  options->config.add_to(command);
  command.callback([options] { run_eft(*options); });
}

}  // namespace selfreward
