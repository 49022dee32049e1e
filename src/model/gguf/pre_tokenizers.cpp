#include "model/gguf/pre_tokenizers.h"

namespace selfreward {
namespace {

// From the tokenizer.json of Meta-Llama-3-8B, Qwen2-7B, Mistral-Nemo-Base-2407 and Phi-4-mini-instruct.
constexpr const char* kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|)"
    R"(\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr const char* kGpt4o =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

// "dbrx" is GPT-4's way of cutting: OLMo 2 and Phi-4. The first of equal rules is the one that export names.
constexpr GgufPreTokenizer kKnown[] = {
    {.name = "gpt-2", .pattern = nullptr},
    {.name = "smollm", .pattern = nullptr, .digits = true},
    {.name = "llama-bpe", .pattern = kLlama3, .whole_words = true, .adds_bos = true},
    {.name = "llama3", .pattern = kLlama3, .whole_words = true, .adds_bos = true},
    {.name = "llama-v3", .pattern = kLlama3, .whole_words = true, .adds_bos = true},
    {.name = "dbrx", .pattern = kLlama3},
    {.name = "smaug-bpe", .pattern = kLlama3},
    {.name = "qwen2", .pattern = kQwen2, .composes = true},
    {.name = "tekken", .pattern = kTekken, .whole_words = true, .adds_bos = true},
    {.name = "gpt-4o", .pattern = kGpt4o}};

Json byte_level(bool use_regex) {
  return {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", use_regex}};
}

/// What a tokenizer.json says, in the words of the table.
struct Rules {
  std::string pattern;  // "" for none
  bool digits = false, whole_words = false, composes = false, byte_level = false;
};

bool same(const GgufPreTokenizer& known, const Rules& rules) {
  return rules.pattern == (known.pattern == nullptr ? "" : known.pattern) && rules.digits == known.digits &&
         rules.whole_words == known.whole_words && rules.composes == known.composes;
}

/// Pieces are the matches and what lies between them. A pattern that matches everywhere may also be
/// written as one that removes what is between.
bool cuts_at_matches(const LookupJson& split) {
  const std::string behavior = split.value("behavior", "");
  const bool invert = split.value("invert", false);
  return (behavior == "Isolated" && !invert) || (behavior == "Removed" && invert);
}

void add_step(const LookupJson& step, bool last, Rules& rules, const std::string& where) {
  const std::string type = step.value("type", "");
  if (type == "Split" && cuts_at_matches(step) && step["pattern"].contains("Regex") &&
      rules.pattern.empty()) {
    rules.pattern = step["pattern"]["Regex"].get<std::string>();
  } else if (type == "Digits" && step.value("individual_digits", false)) {
    rules.digits = true;
  } else if (type == "ByteLevel" && last && !step.value("add_prefix_space", true)) {
    rules.byte_level = step.value("use_regex", true) == rules.pattern.empty();
  } else {
    fail("[gguf] ", where, ": llama.cpp has no name for the pre-tokenizer ", step.dump().substr(0, 200));
  }
}

Rules read_rules(const LookupJson& tokenizer, const std::string& where) {
  const LookupJson pre = tokenizer.value("pre_tokenizer", LookupJson());
  const LookupJson normalizer = tokenizer.value("normalizer", LookupJson());
  Rules rules;
  rules.whole_words = tokenizer["model"].value("ignore_merges", false);
  rules.composes = normalizer.is_object() && normalizer.value("type", "") == "NFC";
  check(normalizer.is_null() || rules.composes, "[gguf] ", where, ": llama.cpp has no normalizer ",
        normalizer.dump().substr(0, 200), " for byte-level BPE");
  check(pre.is_object(), "[gguf] ", where, " has no pre-tokenizer, which byte-level BPE needs in llama.cpp");
  const LookupJson steps =
      pre.value("type", "") == "Sequence" ? pre["pretokenizers"] : LookupJson::array({pre});
  for (size_t i = 0; i < steps.size(); ++i) add_step(steps[i], i + 1 == steps.size(), rules, where);
  check(rules.byte_level, "[gguf] ", where, ": llama.cpp has no name for the pre-tokenizer ",
        pre.dump().substr(0, 300));
  return rules;
}

}  // namespace

const GgufPreTokenizer* find_gguf_pre_tokenizer(const std::string& name) {
  for (const GgufPreTokenizer& known : kKnown)
    if (name == known.name) return &known;
  return nullptr;
}

std::string known_gguf_pre_tokenizers() {
  std::string names;
  for (const GgufPreTokenizer& known : kKnown) names += (names.empty() ? "" : ", ") + std::string(known.name);
  return names;
}

Json pre_tokenizer_json(const GgufPreTokenizer& pre) {
  if (pre.pattern == nullptr && !pre.digits) return byte_level(/*use_regex=*/true);
  Json first = {{"type", "Digits"}, {"individual_digits", true}};
  if (pre.pattern != nullptr)
    first = {{"type", "Split"},
             {"pattern", {{"Regex", pre.pattern}}},
             {"behavior", "Isolated"},
             {"invert", false}};
  const Json second = byte_level(/*use_regex=*/pre.pattern == nullptr);
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({first, second})}};
}

Json normalizer_json(const GgufPreTokenizer& pre) {
  return pre.composes ? Json{{"type", "NFC"}} : Json();
}

const GgufPreTokenizer& gguf_pre_tokenizer_of(const LookupJson& tokenizer, const std::string& where) {
  const Rules rules = read_rules(tokenizer, where);
  for (const GgufPreTokenizer& known : kKnown)
    if (same(known, rules)) return known;
  fail("[gguf] ", where, ": llama.cpp has no name for a pre-tokenizer with the pattern ", rules.pattern,
       rules.digits ? ", single digits" : "", rules.whole_words ? ", ignore_merges" : "",
       rules.composes ? ", NFC" : "", "; known are ", known_gguf_pre_tokenizers());
}

}  // namespace selfreward
