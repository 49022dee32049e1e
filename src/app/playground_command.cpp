// playground: makes the built-in experiment's data and pretrains its M0.
#include "app/commands.h"
#include "base/progress.h"
#include "model/policy/policy.h"
#include "playground/m0.h"
#include "playground/pretraining.h"
#include "playground/seed_data.h"
#include "train/sft.h"

namespace selfreward {
namespace {

struct Options {
  std::string out = "playground/m0", data_out = "playground/data";
  int64_t steps = 2500, batch_size = 64, seed = 3;
};

constexpr double kInitStd = 0.03;
constexpr uint64_t kTexts = 100000;

/// A text as a row: of a list of prompts everything after its header is learnt, of a conversation the reply.
SftRow row_of(const ChatFormat& chat, const playground::PretrainingText& text) {
  if (text.kind != playground::PretrainingText::Kind::list) {
    auto turn = chat.training_turn(text.conversation);
    return {std::move(turn.prompt), std::move(turn.response)};
  }
  const TokenIds prompt = chat.completion_ids(std::string(playground::kListHeader));
  const TokenIds whole = chat.completion_ids(text.text);
  return {prompt, TokenIds(whole.begin() + std::ssize(prompt), whole.end())};
}

void pretrain(const Options& options) {
  playground::write_m0_skeleton(options.out);
  const Seed seed(options.seed);
  Policy policy = new_policy(options.out, seed.child("weights").key(), kInitStd);
  std::vector<SftRow> rows;
  for (uint64_t i = 0; i < kTexts; ++i)
    rows.push_back(row_of(policy.chat(), playground::pretraining_text(seed.child("texts"), i)));
  TrainSettings settings;
  settings.learning_rate = 3e-3;
  settings.min_lr_rate = 0.05;
  settings.warmup_steps = 100;
  settings.train_batch_size = options.batch_size;
  settings.max_steps = options.steps;
  settings.micro_batch_tokens = 1 << 20;
  settings.weight_decay = 0.01;
  settings.save_steps = 500;
  const TrainingFiles files{options.out + ".training"};
  train_sft(policy.model(), rows, settings, {seed.child("order"), files, "pretraining"});
  policy.save(options.out, "float32");
  fs::remove_all(files.dir);
  log_line("wrote " + options.out);
}

}  // namespace

void add_playground(Command app) {
  auto options = std::make_shared<Options>();
  Command group = app.add_command("playground", "make the built-in experiment: its data and its M0");
  group.require_command();
  Command train = group.add_command("pretrain", "pretrain M0 on careless texts of the world");
  train.add_option("--out", options->out, "checkpoint to write").show_default();
  train.add_option("--steps", options->steps, "optimizer steps").show_default();
  train.add_option("--seed", options->seed, "of texts, weights and order").show_default();
  train.callback([options] { pretrain(*options); });
  Command data = group.add_command("data", "write the seed data and the held-out sets");
  data.add_option("--out", options->data_out, "directory to write").show_default();
  data.callback([options] { playground::write_data(options->data_out, Seed(playground::kDataSeed)); });
}

}  // namespace selfreward
