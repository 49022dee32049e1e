// label: a page on which a person ranks, scores or checks a model's own answers.
#include <thread>

#include "app/commands.h"
#include "base/in_row.h"
#include "base/interrupt.h"
#include "base/paths.h"
#include "base/progress.h"
#include "data/filtered.h"
#include "data/unique_ids.h"
#include "feedback/judging/checklist.h"
#include "feedback/judging/rubric.h"
#include "label/agreement.h"
#include "label/label_server.h"
#include "run/stage_inputs.h"

namespace selfreward {
namespace {

struct Options {
  std::string prompts, candidates, judgements, out, rubric, form = "ranks";
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
  if (!options.rubric.empty()) inputs.file("--rubric", options.rubric);
  const fs::path dir = options.out;
  return {options.out,
          {dir / "labels.jsonl", dir / "ranked.jsonl", dir / "verdicts.jsonl"},
          dir / "labels.inputs.json",
          inputs.json(),
          inputs.sources()};
}

/// For the start: else the first click would fail.
void check_out(const std::string& out) {
  check_can_be_made(out);
  check(!fs::exists(out) || fs::is_directory(out), "[label] --out ", out, " is a file, wanted a directory");
}

/// As `judge` takes them for a checklist. A rule of gold scores may lack a wording: its prompt is left out, as there is
/// nothing to ask.
void check_requirements(Json requirements) {
  for (size_t i = 0; requirements.is_array() && i < requirements.size(); ++i) {
    Json& item = requirements[i];
    if (!item.is_object() || !item.contains("kind")) continue;
    const Json& kind = item.at("kind");
    check(kind.is_string(), "[checklist] requirement ", i + 1, " has the kind ",
          kind.is_number() ? kind.dump() : kind.type_name(), ", wanted a text");
    if (!item.contains("wording")) item["wording"] = "left out";
  }
  checklist_of(requirements);
}

/// The list of --rubric, as the rows of prompts carry theirs.
Json general_list(const Options& options) {
  check(options.form == "verdicts", "[label] --rubric ", options.rubric,
        " gives requirements to say yes or no to, but --form is ", options.form, "; add --form verdicts");
  const Rubric rubric = Rubric::load(options.rubric);
  check(!rubric.requirements.empty(), "[label] ", options.rubric,
        " has no requirements, wanted a checklist's rubric with a list that every answer is asked about (as "
        "rubrics/checklist.yaml)");
  Json list = Json::array();
  for (const ChecklistItem& item : rubric.requirements) list.push_back(item.wording);
  return list;
}

std::vector<Prompt> prompts_to_label(const Options& options) {
  std::vector<Prompt> prompts = read_prompts(options.prompts);
  if (options.rubric.empty()) return prompts;
  const Json list = general_list(options);
  for (Prompt& prompt : prompts) prompt.requirements = list;
  return prompts;
}

LabelTasks read_tasks(const Options& options) {
  const std::vector<Prompt> prompts = prompts_to_label(options);
  for (const Prompt& prompt : prompts)  // whatever the form: the page shows them
    at_place(options.prompts,
             [&] { in_row("prompt", prompt.id, [&] { check_requirements(prompt.requirements); }); });
  std::map<std::string, int64_t> dropped;
  LabelTasks tasks = label_tasks(options.form, prompts, read_jsonl<Candidate>(options.candidates), dropped);
  tasks.general_list = !options.rubric.empty();
  if (!dropped.empty()) log_line("prompts left out: " + counts_text(dropped));
  check(!tasks.prompts.empty(), "[label] there is nothing to label: left out are ", counts_text(dropped),
        options.form == "verdicts"
            ? "; verdicts need prompts with requirements, or --rubric with a list for all"
            : "");
  return tasks;
}

std::vector<Judgement> read_judgements(const std::string& file, const LabelTasks& tasks) {
  if (file.empty()) return {};
  std::vector<Judgement> judgements = read_jsonl<Judgement>(file);
  check_judgements(judgements, tasks, file);
  return judgements;
}

std::string agreement_text(const Json& agreement) {
  const auto count = [&](const char* key) { return agreement.at(key).get<int64_t>(); };
  return str("; of ", count("pairs"), " pairs that you find different the judge orders ", count("agree"),
             " as you do, does not tell ", count("tied"), " apart, and did not score an answer of ",
             count("missing"));
}

void serve_until_stop(LabelPort port, const LabelPage& page, const std::string& out) {
  const int64_t before = page.store.labels().done();
  const LabelServer server(std::move(port), page);
  log_line(str("label at http://127.0.0.1:", server.port(), "/ ; ", before, " of ", page.tasks.prompts.size(),
               " prompts are done; every click is kept in ", out, "; Ctrl-C stops"));
  while (!stop_is_requested()) std::this_thread::sleep_for(kLook);
}

std::string summary(const LabelPage& page) {
  const Labels labels = page.store.labels();
  const auto ranked = labels.ranked();
  const bool all_done = labels.done() == std::ssize(page.tasks.prompts);
  const std::string judge = page.judgements.empty() ? ""
                            : all_done ? agreement_text(agreement(page.tasks, ranked, page.judgements))
                                       : "; how the judge agrees is told when all prompts are done";
  return str(labels.done(), " of ", page.tasks.prompts.size(), " prompts are done, ", labels.changed(),
             " clicks changed an earlier one: ", page.store.ranked_file().string(), " has ", ranked.size(),
             " ranked prompts, ", page.store.verdicts_file().string(), " ", labels.verdicts().size(),
             " verdicts", judge);
}

void run_label(const Options& options) {
  check_out(options.out);
  const LabelTasks tasks = read_tasks(options);
  const std::vector<Judgement> judgements = read_judgements(options.judgements, tasks);
  const OutputLock lock(fs::path(options.out) / "");
  LabelPort port(static_cast<int>(options.port));  // before --overwrite removes anything
  take_up(output_of(options), options.overwrite, "Name another directory, or add --overwrite to begin anew");
  LabelStore store(tasks, options.out);
  const LabelPage page{tasks, store, judgements, Seed(1)};
  serve_until_stop(std::move(port), page, options.out);
  log_line(summary(page));
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
  command
      .add_option("--rubric", options->rubric,
                  "of verdicts: the list of this checklist, in the place of the prompts' own requirements")
      .existing_or_shipped("rubrics");
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
