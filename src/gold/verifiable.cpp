#include "gold/verifiable.h"

#include "base/json_reason.h"
#include "base/text_util.h"
#include "gold/text.h"

namespace selfreward {
double VerifiableResult::share() const {
  if (!worthless.empty() || verdicts.empty()) return 0;
  double met = 0, total = 0;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    met += verdicts[i].met ? weights[i] : 0;
    total += weights[i];
  }
  return met / total;
}

std::vector<std::string> VerifiableResult::misses() const {
  if (!worthless.empty()) return {worthless};
  std::vector<std::string> texts;
  for (const RequirementVerdict& v : verdicts)
    if (!v.met) texts.push_back(v.found + ", wanted " + v.wanted);
  return texts;
}

std::string worthless_reason(const std::string& prompt, const std::string& answer) {
  const std::string text = plain_text(answer);
  if (std::string reason = degenerate_reason(text); !reason.empty()) return reason;
  return !prompt.empty() && text.find(plain_text(prompt)) != std::string::npos ? "the prompt said again" : "";
}

VerifiableResult check_requirements(const Requirements& requirements, const std::string& prompt,
                                    const std::string& answer) {
  const std::string text = plain_text(answer);
  VerifiableResult result;
  for (const Requirement& requirement : requirements) {
    result.verdicts.push_back(check_requirement(requirement, text));
    result.weights.push_back(requirement.weight);
  }
  result.worthless = worthless_reason(prompt, text);
  return result;
}

std::vector<VerifiablePrompt> read_verifiable(const fs::path& path) {
  std::vector<VerifiablePrompt> rows;
  const auto lines = read_lines(path);
  for (size_t i = 0; i < lines.size(); ++i) {
    if (strip(lines[i]).empty()) continue;
    const std::string where = str(path.string(), ", line ", i + 1);
    const Json json = parse_json(lines[i], where);
    try {
      rows.push_back(json.get<VerifiablePrompt>());
    } catch (const nlohmann::json::exception& e) {  // a missing key
      fail("[requirements] ", where, ": ", reason_of(e), "; wanted id, prompt and requirements");
    } catch (const Error& e) {  // a wrong requirement
      fail("[requirements] ", where, ": ", e.what());
    }
  }
  return rows;
}

}  // namespace selfreward
