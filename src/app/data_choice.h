#pragma once
// What the settings say about reading and training of data, as options of commands without settings.
#include <CLI/CLI.hpp>

#include "train/sft.h"

namespace selfreward {

struct DataChoice {
  std::vector<std::string> languages{"en"};
  SftSettings sft;

  TrainOn train_on() const { return selfreward::train_on(sft); }
};

/// --languages and --train-on.
inline void add_data_choice(CLI::App& command, DataChoice& choice) {
  command.add_option("--languages", choice.languages, "setting data.languages")
      ->capture_default_str()
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--train-on", choice.sft.train_on, "setting sft.train_on")
      ->capture_default_str()
      ->check(CLI::IsMember({"last", "all"}));
}

}  // namespace selfreward
