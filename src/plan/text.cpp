#include "plan/text.h"

#include <algorithm>

#include "base/format.h"
#include "base/text_util.h"
#include "config/fields.h"

namespace selfreward {
namespace {

/// `count` with its unit: 134.5 M.
std::string millions(int64_t count) {
  return fixed(static_cast<double>(count) / 1e6, 1) + " M";
}

}  // namespace

std::string section(const std::string& title, const std::string& lines) {
  return "\n" + title + "\n" + lines;
}

std::string line(const std::string& name, const std::string& value) {
  return "  " + name + ": " + value + "\n";
}

std::string indented(const std::string& text) {
  return "  | " + replace_all(text, "\n", "\n  | ") + "\n";
}

std::string settings_text(const RunConfig& config) {
  RunConfig now = config, defaults;
  const auto fields = list_fields(now), usual = list_fields(defaults);
  std::string changed, same;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].is_section()) continue;
    const std::string value = value_text(fields[i]);
    (value == value_text(usual[i]) ? same : changed) += line(fields[i].key, value);
  }
  return section("settings that differ from the defaults", changed) + section("settings as by default", same);
}

std::string model_text(const PolicyOutline& model, const Network& network, const std::string& dtype) {
  const ModelConfig& c = model.config;
  std::string text = line("family", c.model_type) + line("parameters", millions(network.parameters())) +
                     line("vocabulary", str(c.vocab_size)) +
                     line("context", str(c.max_position_embeddings, " tokens")) +
                     line("stored as", model.stored) +
                     line("computed in", str(dtype, " on ", network.on_cpu ? "the CPU" : "a GPU"));
  if (network.has_adapters())
    text += line("trained", millions(network.adapters.parameters) + " parameters of adapters");
  return section("model", text);
}

std::string row_text(const Tokenizer& tokenizer, const SftRow& row) {
  std::string text = tokenizer.decode(row.prompt, /*skip_special=*/false);
  bool open = false;
  for (size_t begin = 0, end; begin < row.response.size(); begin = end) {
    const auto learnt = [&](size_t i) { return row.learnt.empty() || row.learnt[i]; };
    for (end = begin; end < row.response.size() && learnt(end) == learnt(begin);) ++end;
    if (learnt(begin) != open) text += (open = !open) ? "⟦" : "⟧";
    const auto first = row.response.begin();
    text += tokenizer.decode(
        TokenIds(first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end)),
        /*skip_special=*/false);
  }
  return text + (open ? "⟧" : "");
}

std::string pair_text(const Tokenizer& tokenizer, const DpoRow& row) {
  return tokenizer.decode(row.prompt, /*skip_special=*/false) + str("\n[prompt ", row.prompt.size(),
                                                                    " tokens, chosen ", row.chosen.size(),
                                                                    ", rejected ", row.rejected.size(), "]");
}

}  // namespace selfreward
