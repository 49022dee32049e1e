// label: a page on which a person ranks, scores or checks a model's own answers.
#include <thread>

#include "app/commands.h"
#include "base/interrupt.h"
#include "base/paths.h"
#include "base/progress.h"
#include "data/filtered.h"
#include "data/unique_ids.h"
#include "label/label_server.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

struct Options {
  std::string prompts, candidates, judgements, out, form = "ranks";
  int64_t port = 0;
  bool overwrite = false;
};

constexpr auto kLook = std::chrono::milliseconds(100);  // between two looks whether to stop

/// The labels of other prompts or answers are not taken up.
Output output_of(const Options& options) {
  StageInputs inputs{RunConfig()};
  inputs.file("--prompts", options.prompts)
      .file("--candidates", options.candidates)
      .value("--form", options.form);
  const fs::path dir = options.out;
  return {options.out,
          {dir / "labels.jsonl", dir / "ranked.jsonl", dir / "verdicts.jsonl"},
          dir / "labels.inputs.json",
          inputs.json(),
          inputs.sources()};
}

std::string agreement_text(const Json& agreement) {
  return str("; of ", agreement.at("pairs").get<int64_t>(),
             " pairs that you find different the judge orders ", agreement.at("agree").get<int64_t>(),
             " as you do and does not tell ", agreement.at("tied").get<int64_t>(), " apart");
}

void run_label(const Options& options) {
  std::map<std::string, int64_t> dropped;
  const LabelTasks tasks = label_tasks(options.form, read_prompts(options.prompts),
                                       read_jsonl<Candidate>(options.candidates), dropped);
  if (!dropped.empty()) log_line("prompts left out: " + counts_text(dropped));
  check(!tasks.prompts.empty(), "[label] there is nothing to label: left out are ", counts_text(dropped),
        options.form == "verdicts" ? "; verdicts need prompts with requirements" : "");
  const std::vector<Judgement> judgements =
      options.judgements.empty() ? std::vector<Judgement>() : read_jsonl<Judgement>(options.judgements);
  const OutputLock lock(options.out);
  take_up(output_of(options), options.overwrite, "Name another directory, or add --overwrite to begin anew");
  LabelStore store(tasks, options.out);
  const int64_t before = store.labels().done();
  {
    const LabelServer server({tasks, store, judgements, Seed(1)}, static_cast<int>(options.port));
    log_line(str("label at http://127.0.0.1:", server.port(), "/ ; ", before, " of ", tasks.prompts.size(),
                 " prompts are done; every click is kept in ", options.out, "; Ctrl-C stops"));
    while (!stop_is_requested()) std::this_thread::sleep_for(kLook);
  }
  const Labels labels = store.labels();
  log_line(str(labels.done(), " of ", tasks.prompts.size(), " prompts are done, ", labels.changed(),
               " clicks changed an earlier one: ", store.ranked_file().string(), " has ",
               labels.ranked().size(), " ranked prompts, ", store.verdicts_file().string(), " ",
               labels.verdicts().size(), " verdicts",
               judgements.empty() ? "" : agreement_text(labels.agreement(judgements))));
}

}  // namespace

void add_label(Command app) {
  auto options = std::make_shared<Options>();
  Command command = app.add_command(
      "label", "a page in your browser to rank, score or check a model's own answers by hand");
  command
      .add_option("--prompts", options->prompts, "prompts: {id, prompt} rows, for verdicts with requirements")
      .required()
      .existing_file();
  command.add_option("--candidates", options->candidates, "what `generate` wrote").required().existing_file();
  command
      .add_option("--judgements", options->judgements,
                  "what `judge` wrote: how it agrees with you is told when you are done")
      .existing_file();
  command
      .add_option("--form", options->form,
                  "ranks (1 is the best), scores (0 to 5) or verdicts (yes or no to each requirement)")
      .show_default()
      .one_of({"ranks", "scores", "verdicts"});
  command.add_option("--out", options->out, "directory to write; the same command goes on where it ended")
      .required()
      .type_name("DIR");
  command.add_option("--port", options->port, "0: any that is free")
      .show_default()
      .between(int64_t{0}, int64_t{65535});
  add_overwrite(command, options->overwrite);
  command.callback([options] { run_label(*options); });
}

}  // namespace selfreward
