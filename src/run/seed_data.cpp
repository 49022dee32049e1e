#include "run/seed_data.h"

#include <unordered_set>

#include "base/progress.h"
#include "data/contradictions.h"
#include "data/messages.h"
#include "data/readers.h"
#include "data/splits.h"
#include "data/unique_ids.h"
#include "feedback/given_prompts.h"

namespace selfreward {
namespace {

template <typename Record>
std::vector<Record> logged(Filtered<Record> part, const std::string& name, Counts& dropped) {
  add_counts(dropped, part.dropped);
  if (!part.dropped.empty()) log_line(str("data: left out of ", name, ": ", left_out_text(part)));
  return std::move(part.records);
}

template <typename Record, typename Read>
std::vector<Record> read_all(const std::vector<std::string>& files, Counts& dropped, Read read) {
  std::vector<Record> records;
  for (const std::string& file : files) {
    auto part = logged<Record>(read(file), file, dropped);
    std::move(part.begin(), part.end(), std::back_inserter(records));
  }
  return records;
}

std::vector<Example> without_prompts_of(std::vector<Example> examples,
                                        const std::vector<RankedAnswers>& held_out, Counts& dropped) {
  std::unordered_set<std::string> prompts;
  for (const RankedAnswers& group : held_out) prompts.insert(group.prompt);
  const size_t before = examples.size();
  std::erase_if(examples,
                [&](const Example& example) { return prompts.count(first_question(example.messages)) > 0; });
  if (before > examples.size())
    dropped["ift_prompt_is_held_out"] += static_cast<int64_t>(before - examples.size());
  return examples;
}

std::vector<Prompt> prompts_of(const std::vector<RankedAnswers>& ranked) {
  std::vector<Prompt> prompts;
  for (const RankedAnswers& group : ranked)
    prompts.push_back({group.id, group.prompt, "held_out", group.requirements});
  return prompts;
}

template <typename Record>
void keep_first(std::vector<Record>& records, int64_t limit) {
  if (limit > 0 && std::ssize(records) > limit) records.resize(static_cast<size_t>(limit));
}

}  // namespace

std::vector<std::string> SeedData::instructions() const {
  std::vector<std::string> texts;
  for (const Example& example : ift) texts.push_back(first_question(example.messages));
  return texts;
}

SeedData read_seed_data(const RunConfig& config) {
  const DataSettings& settings = config.data;
  SeedData data;
  Counts& dropped = data.dropped;
  const auto examples_of = [&](const fs::path& file) { return read_examples(file, settings.languages); };
  const auto ranked_of = [&](const fs::path& file) { return read_ranked(file, settings.languages); };
  data.ift = read_all<Example>(settings.ift, dropped, examples_of);
  const auto ranked_in = [&](const std::vector<std::string>& files, const std::string& name, Counts& left) {
    return logged(without_contradictions(read_all<RankedAnswers>(files, left, ranked_of)), name, left);
  };
  auto ranked = ranked_in(settings.ranked, "data.ranked", dropped);
  if (settings.eval_ranked.empty()) {
    auto split = split_held_out(std::move(ranked), settings.held_out_share, root_seed(config).child("split"));
    ranked = std::move(split.train);
    data.held_out_ranked = std::move(split.held_out);
    data.ift = without_prompts_of(std::move(data.ift), data.held_out_ranked, dropped);
  } else {
    Counts left;
    data.held_out_ranked = ranked_in({settings.eval_ranked}, "data.eval_ranked", left);
    check(!data.held_out_ranked.empty(), "[data] ", settings.eval_ranked,
          " (data.eval_ranked) has no ranked answers that are kept; left out: ", counts_text(left));
    add_counts(dropped, left);
  }
  keep_first(data.ift, settings.max_ift);
  auto apart = without_shared_prompts(std::move(ranked), data.ift);
  add_counts(dropped, apart.dropped);
  data.ranked = std::move(apart.records);
  keep_first(data.ranked, config.eft.max_prompts);
  data.eval_prompts = settings.eval_prompts.empty() ? prompts_of(data.held_out_ranked)
                                                    : read_jsonl<Prompt>(settings.eval_prompts);
  keep_first(data.eval_prompts, config.evaluate.max_prompts);
  check_unique_ids(data.ift, "data.ift");
  check_unique_ids(data.ranked, "data.ranked");
  check_unique_ids(data.held_out_ranked, settings.eval_ranked.empty() ? "data.ranked" : settings.eval_ranked);
  check_unique_ids(data.eval_prompts, settings.eval_prompts.empty() ? "data.ranked" : settings.eval_prompts);
  if (!config.prompts.file.empty() && config.last_model > 1)  // a file that is too short shows now
    given_prompts(config.prompts.file, config.prompts.num_prompts, config.last_model - 1);
  return data;
}

void write_seed_summary(const RunDirectory& run, const SeedData& data) {
  Json summary{{"ift", data.ift.size()},
               {"ranked_train", data.ranked.size()},
               {"ranked_held_out", data.held_out_ranked.size()},
               {"eval_prompts", data.eval_prompts.size()}};
  if (!data.dropped.empty()) summary["dropped"] = data.dropped;
  if (fs::exists(run.seed_summary()) && fs::exists(run.seed_records("eft"))) {
    const Json earlier = read_json(run.seed_summary());
    for (const char* of_eft : {"eft", "eft_building"})
      if (earlier.contains(of_eft)) summary[of_eft] = earlier.at(of_eft);
  }
  write_file_atomically(run.seed_summary(), summary.dump(2) + "\n");
}

}  // namespace selfreward
