#pragma once
// README.md of every M_t: a model card as the Hugging Face hub reads it, so that a model that leaves the run
// directory still says what it is, how it was made and what it is worth.
#include <string>

#include "run/paths.h"

namespace selfreward {

/// The card of M_t (t > 0), out of the files of the run alone: YAML front matter (base_model and license
/// only where M0 says them), settings, counts of its data, tables where the run is evaluated, how to load it.
std::string model_card(const RunPaths& run, int64_t t);

/// Writes the cards of all finished models of the run.
void write_model_cards(const RunPaths& run);

}  // namespace selfreward
