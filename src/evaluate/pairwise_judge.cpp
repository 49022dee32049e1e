#include "evaluate/pairwise_judge.h"

#include <yaml-cpp/yaml.h>

#include "base/in_row.h"
#include "base/text_util.h"
#include "evaluate/prompt_template.h"
#include "feedback/score_parser.h"
#include "feedback/shards.h"

namespace selfreward {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

PairwiseRubric PairwiseRubric::load(const fs::path& path) {
  PairwiseRubric rubric;
  try {
    const YAML::Node yaml = YAML::Load(read_file(path));
    for (const auto& entry : yaml) {
      const auto key = entry.first.as<std::string>();
      if (key == "template") {
        rubric.template_text = entry.second.as<std::string>();
      } else if (key == "verdict_pattern") {
        rubric.verdict_pattern = Regex(entry.second.as<std::string>(), /*ignore_case=*/true);
      } else {
        check(key == "name", "[rubric] ", path.string(), ": unknown key '", key,
              "'; name, template and verdict_pattern are known");
      }
    }
  } catch (const YAML::Exception& e) {
    fail("[rubric] ", path.string(), " is not valid YAML: ", e.what());
  }
  for (const char* name : {"{instruction}", "{response_a}", "{response_b}"})
    check(rubric.template_text.find(name) != std::string::npos, "[rubric] ", path.string(),
          ": the template has no ", name);
  return rubric;
}

std::string PairwiseRubric::render(const std::string& instruction, const std::string& a,
                                   const std::string& b) const {
  return fill_template(template_text,
                       {{"{instruction}", instruction}, {"{response_a}", a}, {"{response_b}", b}});
}

std::optional<Verdict> parse_verdict(const std::string& reply, const PairwiseRubric& rubric) {
  const auto matches = rubric.verdict_pattern.find_all(reply);
  if (matches.empty() || matches.back().size() < 2) return std::nullopt;
  const std::string name = lower(std::string(matches.back()[1].in(reply)));
  if (name == "a") return Verdict::first;
  if (name == "b") return Verdict::second;
  return Verdict::tie;
}

bool is_verdict_line(std::string_view line, const PairwiseRubric& rubric) {
  const auto match = rubric.verdict_pattern.search(line);
  return match && begins_line(line, match->front().begin);
}

void to_json(Json& json, const PairwiseJudgement& value) {
  json = Json{{"prompt_id", value.prompt_id},
              {"reply_shown_first", value.reply_shown_first},
              {"reply_shown_second", value.reply_shown_second}};
  add_verdicts(json, value.verdicts);
}

void from_json(const Json& json, PairwiseJudgement& value) {
  json.at("prompt_id").get_to(value.prompt_id);
  json.at("reply_shown_first").get_to(value.reply_shown_first);
  json.at("reply_shown_second").get_to(value.reply_shown_second);
  value.verdicts = verdicts_in(json);
}

void judge_pairwise(Policy& judge, const PairwiseRubric& rubric, const std::vector<AnswerPair>& pairs,
                    const SamplingSettings& sampling, const GenerationSettings& generation, const Seed& seed,
                    RecordSink<PairwiseJudgement>& out) {
  Generator generator(judge, generation);
  SamplingParams params(sampling);
  params.is_last_line = [&rubric](std::string_view line) { return is_verdict_line(line, rubric); };
  const auto make = [&](std::span<const AnswerPair> shard, const OnDone& on_done) {
    std::vector<GenerationRequest> requests;
    std::vector<PairwiseJudgement> made;
    std::vector<size_t> asked;
    for (const AnswerPair& pair : shard) {
      made.push_back({pair.prompt_id, "", "", {}});
      const auto ids = [&](const std::string& a, const std::string& b) {
        return in_row("prompt", pair.prompt_id, [&] {
          return judge.chat().prompt_ids({{"user", rubric.render(pair.prompt, a, b)}});
        });
      };
      TokenIds one = ids(pair.first, pair.second), other = ids(pair.second, pair.first);
      if (!generator.fits(one) || !generator.fits(other)) continue;
      requests.push_back({std::move(one), 1, seed.child("pairwise", pair.prompt_id, 0)});
      requests.push_back({std::move(other), 1, seed.child("pairwise", pair.prompt_id, 1)});
      asked.push_back(made.size() - 1);
    }
    const auto completions = generator.generate(requests, params, on_done);
    for (size_t i = 0; i < asked.size(); ++i) {
      PairwiseJudgement& judgement = made[asked[i]];
      judgement.reply_shown_first = completions[2 * i][0].text;
      judgement.reply_shown_second = completions[2 * i + 1][0].text;
      judgement.verdicts = {parse_verdict(judgement.reply_shown_first, rubric),
                            parse_verdict(judgement.reply_shown_second, rubric)};
    }
    out.append(made);
  };
  for_each_shard(pairs, generation.shard_size, "comparisons", out, make);
}

}  // namespace selfreward
