#pragma once
// The parts of a dry run's text.
#include "config/config.h"
#include "model/policy/policy.h"
#include "plan/memory_estimate.h"
#include "train/dpo.h"

namespace selfreward {

/// "data\n" + lines, as every section looks.
std::string section(const std::string& title, const std::string& lines);
/// "  name: value\n"
std::string line(const std::string& name, const std::string& value);

/// Every setting: first those that differ from the defaults.
std::string settings_text(const RunConfig& config);

/// Family, sizes, dtypes, device.
std::string model_text(const PolicyOutline& model, const Network& network, const std::string& dtype);

/// A row as text, what is trained between ⟦ and ⟧.
std::string row_text(const Tokenizer& tokenizer, const SftRow& row);
/// A pair: its prompt, and how many tokens its parts have.
std::string pair_text(const Tokenizer& tokenizer, const DpoRow& row);

/// A text of several lines as the part of a section: indented.
std::string indented(const std::string& text);

}  // namespace selfreward
