#include "playground/seed_data.h"

#include <algorithm>
#include <set>

#include "data/jsonl.h"
#include "playground/answers.h"
#include "playground/judging.h"

namespace selfreward::playground {
namespace {

constexpr size_t kNumIft = 150, kNumRanked = 800, kNumHeldOut = 500, kNumHeldOutRanked = 150, kNumEft = 300;
const std::vector<double> kRankedAims = {0.95, 0.75, 0.5};
const std::vector<double> kHeldOutAims = {0.95, 0.8, 0.65, 0.5};
constexpr double kJudgedAim = 0.7;

/// Requests that have not been drawn before; the order of requirements and the opening make no difference.
class FreshRequests {
 public:
  Request draw(const Seed& seed) {
    for (int attempt = 0;; ++attempt) {
      const Request request = make_request(seed.child("fresh", attempt));
      std::set<std::string> parts;
      for (const Requirement& requirement : request.requirements) parts.insert(render(requirement));
      if (used_.insert(parts).second) return request;
    }
  }

 private:
  std::set<std::set<std::string>> used_;
};

std::string numbered(const char* name, size_t i) {
  return str(name, "-", i);
}

Example ift_example(const Request& request, const std::string& id, const Seed& seed) {
  return {id,
          {{"user", render(request)}, {"assistant", render_word(clean_word(request.requirements, seed))}},
          "ift"};
}

Example eft_example(const Request& request, const std::string& id, const Seed& seed) {
  const std::string word = noisy_word(request.requirements, kJudgedAim, seed);
  const auto verdicts = right_verdicts(request.requirements, word);
  return {id,
          {{"user", judge_prompt(render(request), render_word(word))},
           {"assistant", judgement_text(request.requirements, word, verdicts)}},
          "eft"};
}

/// The rank of each score: how many are better.
std::vector<double> ranks_of(const std::vector<int>& scores) {
  std::vector<double> ranks;
  for (const int score : scores)
    ranks.push_back(static_cast<double>(
        std::count_if(scores.begin(), scores.end(), [&](int other) { return other > score; })));
  return ranks;
}

RankedAnswers ranked_answers(const Request& request, const std::string& id, const std::vector<double>& aims,
                             const Seed& seed) {
  RankedAnswers ranked{id, render(request), {}, {}};
  std::vector<int> scores;
  for (const size_t i :
       seed.child("order").permutation(aims.size())) {  // a judge of ties must not win by position
    const std::string word = noisy_word(request.requirements, aims[i], seed.child("answer", i));
    ranked.answers.push_back(render_word(word));
    scores.push_back(gold_score(request.requirements, word));
  }
  ranked.ranks = ranks_of(scores);
  return ranked;
}

/// `count` records, each made from a fresh request, its id and its seed.
template <typename Make>
auto make_set(const char* name, size_t count, FreshRequests& fresh, const Seed& seed, const Make& make) {
  std::vector<decltype(make(Request(), std::string(), seed))> records;
  for (size_t i = 0; i < count; ++i) {
    const Seed here = seed.child(name, i);
    records.push_back(make(fresh.draw(here.child("request")), numbered(name, i), here.child("record")));
  }
  return records;
}

}  // namespace

SeedData make_seed_data(const Seed& seed) {
  FreshRequests fresh;
  const auto ranked_with = [](const std::vector<double>& aims) {
    return [&aims](const Request& request, const std::string& id, const Seed& here) {
      return ranked_answers(request, id, aims, here);
    };
  };
  const auto as_prompt = [](const Request& request, const std::string& id, const Seed&) {
    return Prompt{id, render(request), "playground"};
  };
  SeedData data;
  data.ift = make_set("ift", kNumIft, fresh, seed, ift_example);
  data.ranked = make_set("ranked", kNumRanked, fresh, seed, ranked_with(kRankedAims));
  data.held_out_prompts = make_set("held_out", kNumHeldOut, fresh, seed, as_prompt);
  data.held_out_ranked =
      make_set("held_out_ranked", kNumHeldOutRanked, fresh, seed, ranked_with(kHeldOutAims));
  data.eft_gold = make_set("eft", kNumEft, fresh, seed, eft_example);
  return data;
}

void write_data(const fs::path& dir, const Seed& seed) {
  const SeedData data = make_seed_data(seed);
  write_jsonl(dir / "ift.jsonl", data.ift);
  write_jsonl(dir / "ranked.jsonl", data.ranked);
  write_jsonl(dir / "held_out_prompts.jsonl", data.held_out_prompts);
  write_jsonl(dir / "held_out_ranked.jsonl", data.held_out_ranked);
  write_jsonl(dir / "eft_gold.jsonl", data.eft_gold);
}

}  // namespace selfreward::playground
