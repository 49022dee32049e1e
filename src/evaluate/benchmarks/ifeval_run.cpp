#include "evaluate/benchmarks/ifeval_run.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "base/text_util.h"
#include "base/utf8.h"
#include "evaluate/statistics/bootstrap.h"

namespace selfreward {
namespace {

constexpr int64_t kDraws = 1000;

double followed(const std::vector<bool>& list) {
  return static_cast<double>(std::count(list.begin(), list.end(), true));
}

bool all_followed(const std::vector<bool>& list) {
  return std::find(list.begin(), list.end(), false) == list.end();
}

/// Both accuracies over the results at `picked`.
struct Accuracies {
  double prompt = 0, instruction = 0;
};

Accuracies accuracies(const std::vector<IfevalResult>& results, bool loose,
                      const std::vector<size_t>& picked) {
  double prompts = 0, right = 0, instructions = 0;
  for (const size_t i : picked) {
    const auto& list = loose ? results[i].loose : results[i].strict;
    prompts += all_followed(list);
    right += followed(list);
    instructions += static_cast<double>(list.size());
  }
  return {prompts / static_cast<double>(picked.size()), right / instructions};
}

Json accuracy_json(const std::vector<IfevalResult>& results, bool loose, const Seed& seed) {
  std::vector<size_t> all(results.size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  const Accuracies found = accuracies(results, loose, all);
  std::vector<double> prompt, instruction;
  for (const Accuracies& draw :
       bootstrap(results.size(), kDraws, seed,
                 [&](const std::vector<size_t>& picked) { return accuracies(results, loose, picked); })) {
    prompt.push_back(draw.prompt);
    instruction.push_back(draw.instruction);
  }
  const auto interval = [](const std::vector<double>& values) {
    const Interval found_interval = interval_95(values);
    return Json::array({found_interval.low, found_interval.high});
  };
  return {{"prompt_level", found.prompt},
          {"prompt_level_interval", interval(prompt)},
          {"instruction_level", found.instruction},
          {"instruction_level_interval", interval(instruction)}};
}

Json kind_counts(const std::vector<IfevalResult>& results) {
  Json kinds = Json::object();
  for (const IfevalResult& result : results)
    for (size_t i = 0; i < result.strict.size(); ++i) {
      Json& of = kinds[result.prompt->instructions[i]];
      if (of.is_null()) of = {{"n", 0}, {"strict", 0}, {"loose", 0}};
      of["n"] = of["n"].get<int64_t>() + 1;
      of["strict"] = of["strict"].get<int64_t>() + result.strict[i];
      of["loose"] = of["loose"].get<int64_t>() + result.loose[i];
    }
  return kinds;
}

std::string percent_and_interval(const Json& accuracy, const std::string& key) {
  const Json& between = accuracy.at(key + "_interval");
  return pad_left(fixed(100 * accuracy.at(key).get<double>(), 1), 6) + " [" +
         fixed(100 * between[0].get<double>(), 1) + ", " + fixed(100 * between[1].get<double>(), 1) + "]";
}

std::string share(const Json& counts, const char* key) {
  return fixed(100 * counts.at(key).get<double>() / counts.at("n").get<double>(), 0);
}

/// How many prompts have no answer, and why.
std::string missing_text(const Json& model) {
  const auto missing = model.at("missing").get<int64_t>(), too_long = model.value("too_long", int64_t{0});
  std::vector<std::string> reasons;
  if (too_long > 0) reasons.push_back(str(too_long, " too long for the model's context"));
  if (missing > too_long) reasons.push_back(str(missing - too_long, " not among its answers"));
  return reasons.empty() ? "0" : str(missing, " (", joined(reasons, ", "), ")");
}

/// The first characters of a prompt, in one line and without control characters.
std::string start_of(const std::string& prompt) {
  constexpr size_t kBytes = 80;
  return Json(prompt.substr(0, character_begin(prompt, kBytes)))
      .dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

std::vector<IfevalResult> ifeval_results(const std::vector<IfevalPrompt>& prompts,
                                         const ModelOutputs& outputs) {
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = 0; i < prompts.size(); ++i) places[prompts[i].prompt].push_back(i);
  std::vector<IfevalResult> results;
  for (const IfevalPrompt& prompt : prompts) results.push_back({&prompt, "", true, {}, {}});
  std::map<std::string, size_t> seen;
  for (const ModelOutput& row : outputs.rows) {
    const auto found = places.find(row.instruction);
    check(found != places.end(), "[ifeval] ", outputs.name,
          " answers a prompt that is not among the prompts: ", start_of(row.instruction));
    const size_t n = seen[row.instruction]++;
    check(n < found->second.size(), "[ifeval] ", outputs.name,
          " answers a prompt more often than it is there: ", start_of(row.instruction));
    IfevalResult& result = results[found->second[n]];
    result.response = row.output;
    result.missing = false;
  }
  for (IfevalResult& result : results) {
    result.strict = follows(*result.prompt, result.response);
    result.loose = follows_loosely(*result.prompt, result.response);
  }
  return results;
}

Json ifeval_summary(const ModelOutputs& outputs, const std::vector<IfevalResult>& results, const Seed& seed) {
  int64_t instructions = 0;
  for (const IfevalResult& result : results) instructions += std::ssize(result.strict);
  return {{"name", outputs.name},
          {"prompts", results.size()},
          {"instructions", instructions},
          {"missing",
           std::count_if(results.begin(), results.end(), [](const IfevalResult& r) { return r.missing; })},
          {"too_long", outputs.too_long},
          {"strict", accuracy_json(results, /*loose=*/false, seed)},
          {"loose", accuracy_json(results, /*loose=*/true, seed)},
          {"kinds", kind_counts(results)}};
}

std::string ifeval_tables(const Json& models) {
  std::string text =
      str("IFEval, percent followed; [ ] is the 95 % bootstrap interval over ",
          models.at(0).at("prompts").get<int64_t>(), " prompts, the same draws for all models.\n",
          pad_right("model", 24), pad_left("strict, prompts", 22), pad_left("instructions", 22),
          pad_left("loose, prompts", 22), pad_left("instructions", 22), "  missing\n");
  for (const Json& model : models) {
    text += pad_right(model.at("name").get<std::string>(), 24);
    for (const char* way : {"strict", "loose"})
      for (const char* level : {"prompt_level", "instruction_level"})
        text += pad_left(percent_and_interval(model.at(way), level), 22);
    text += "  " + missing_text(model) + "\n";
  }
  text += "\n" + pad_right("strict, by kind", 46) + pad_left("n", 5);
  for (const Json& model : models) text += pad_left(model.at("name").get<std::string>(), 16);
  for (const auto& [kind, counts] : models.at(0).at("kinds").items()) {
    text += "\n" + pad_right(kind, 46) + pad_left(counts.at("n").dump(), 5);
    for (const Json& model : models) text += pad_left(share(model.at("kinds").at(kind), "strict"), 16);
  }
  return text + "\n";
}

std::string ifeval_lines(const std::vector<IfevalResult>& results, bool loose) {
  std::string lines;
  for (const IfevalResult& result : results) {
    const auto& list = loose ? result.loose : result.strict;
    lines += to_line({{"follow_all_instructions", all_followed(list)},
                      {"follow_instruction_list", list},
                      {"instruction_id_list", result.prompt->instructions},
                      {"prompt", result.prompt->prompt},
                      {"response", result.response}});
  }
  return lines;
}

}  // namespace selfreward
