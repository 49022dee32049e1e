#pragma once
// What the settings say about reading and training of data, as options of commands without settings.
#include "app/command_line.h"
#include "train/sft.h"

namespace selfreward {

struct DataChoice {
  std::vector<std::string> languages{"en"};
  SftSettings sft;

  TrainOn train_on() const { return selfreward::train_on(sft); }
};

/// --languages and --train-on.
inline void add_data_choice(Command command, DataChoice& choice) {
  command.add_option("--languages", choice.languages, "setting data.languages")
      .show_default()
      .comma_separated()
      .one_at_a_time();
  command.add_option("--train-on", choice.sft.train_on, "setting sft.train_on")
      .show_default()
      .one_of({"last", "all"});
}

}  // namespace selfreward
