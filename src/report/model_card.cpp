#include "report/model_card.h"

#include "base/text_util.h"
#include "base/yaml.h"
#include "model/files/checkpoint_files.h"
#include "report/report.h"
#include "report/run_files.h"

namespace selfreward {
namespace {

/// Text as YAML and JSON both quote it.
std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json read_if_there(const fs::path& path) {
  return fs::exists(path) ? read_json(path) : Json::object();
}

bool is_hub_name(const std::string& name) {
  return !name.empty() && name[0] != '/' && name[0] != '.' && name[0] != '~' &&
         std::count(name.begin(), name.end(), '/') == 1 && !fs::exists(name);
}

/// "ORG/NAME" of M0 where its place in the hub's cache (models--ORG--NAME) or its config.json says it.
std::string hub_name(const fs::path& first) {
  for (const fs::path& part : fs::absolute(first).lexically_normal())
    if (const std::string name = part.string(); name.starts_with("models--"))
      return replace_all(name.substr(8), "--", "/");
  const Json config = read_if_there(first / "config.json");
  const Json name = config.value("_name_or_path", Json());
  return name.is_string() && is_hub_name(name) ? name.get<std::string>() : "";
}

/// The license in the front matter of M0's own card; empty where there is none that can be read.
std::string license_of(const fs::path& first) {
  if (!fs::is_regular_file(first / "README.md")) return "";
  const std::string card = read_file(first / "README.md");
  const size_t end = card.find("\n---", 3);
  if (!card.starts_with("---\n") || end == std::string::npos) return "";
  try {
    const YAML::Node license = parse_yaml(card.substr(4, end - 3), "")["license"];
    return license && license.IsScalar() ? license.Scalar() : "";
  } catch (const std::exception&) {
    return "";  // a card is prose: one that is not YAML says nothing
  }
}

std::string setting(const Json& setup, const std::string& label) {
  for (const Json& entry : setup)
    if (entry["label"] == label) return entry["value"];
  return "";
}

std::string front_matter(const fs::path& model, const fs::path& first, bool by_dpo) {
  std::string text = "---\n";
  if (const std::string name = hub_name(first); !name.empty())
    text += str("base_model: ", quoted(name),
                "\nbase_model_relation: ", has_adapter_files(model) ? "adapter" : "finetune", "\n");
  if (const std::string license = license_of(first); !license.empty())
    text += "license: " + quoted(license) + "\n";
  text += str("library_name: ", has_adapter_files(model) ? "peft" : "transformers",
              "\npipeline_tag: text-generation\n", "tags:\n- self-rewarding\n- llm-as-a-judge\n- ",
              by_dpo ? "dpo" : "sft", "\n");
  if (has_adapter_files(model)) text += "- lora\n";
  return text + "---\n\n";
}

std::string introduction(int64_t t, bool by_dpo) {
  const std::string made =
      t == 1   ? "supervised fine-tuning (SFT) of M0 on instructions and on examples of judging"
      : by_dpo ? str("Direct Preference Optimization (DPO) of M", t - 1, " on answers that M", t - 1,
                     " wrote and judged itself")
               : str("supervised fine-tuning of M", t - 1, " on its own answers with a full score");
  return str("# M", t, "\n\nModel M", t,
             " of a run of *Self-Rewarding Language Models* (Yuan et al. 2024, [arXiv 2401.10020]"
             "(https://arxiv.org/abs/2401.10020)), made by ",
             made, ".\n\n");
}

std::string count_row(const Json& counts, const char* key, const char* label) {
  const auto count = number_at(counts, str("/", key));
  return count ? str("| ", label, " | ", static_cast<int64_t>(*count), " |\n") : "";
}

/// What the model was trained on, and how the round went that made it.
std::string data_table(const RunPaths& run, int64_t t) {
  std::string rows;
  if (t == 1) {
    const Json seed = read_if_there(run.seed_summary());
    rows = count_row(seed, "ift", "instruction examples (IFT)") +
           count_row(seed, "eft", "judging examples (EFT)");
  } else {
    const Json round = read_if_there(run.round_summary(t - 1));
    rows = count_row(round, "prompts", "new prompts") + count_row(round, "candidates", "answers to them") +
           count_row(round, "judge_replies", "replies of the judge") +
           count_row(round, "pairs", "preference pairs");
  }
  return rows.empty() ? "" : "| data | count |\n|---|---|\n" + rows + "\n";
}

std::string settings_table(const Json& setup) {
  if (setup.empty()) return "";
  std::string text = "| setting of the run | value |\n|---|---|\n";
  for (const Json& entry : setup)
    text += str("| ", entry["label"].get<std::string>(), " | ",
                replace_all(entry["value"].get<std::string>(), "|", "\\|"), " |\n");
  return text + "\n";
}

/// The run's table as in the terminal; what its columns are is in the program's documentation.
std::string evaluation_section(const RunPaths& run) {
  const Json evaluation = read_evaluation(run);
  if (evaluation.empty() || evaluation["models"].empty()) return "";
  return "## Evaluation\n\nAll models of the run on held-out data. gold: true score of an answer, sampled "
         "and greedy; vs: won / lost in percent against another model; pairs, 5-best, exact, Spearman, "
         "Kendall: the model as a judge of ranked answers; tokens, ended: of its answers.\n\n```\n" +
         result_table(run.root()) + "```\n\n";
}

std::string loading_section(const fs::path& model) {
  const bool adapter = has_adapter_files(model);
  return str("## How to load it\n\n```python\nfrom transformers import ",
             adapter ? "AutoTokenizer\nfrom peft import AutoPeftModelForCausalLM"
                     : "AutoModelForCausalLM, AutoTokenizer",
             "\n\npath = \"", model.filename().string(), "\"  # this directory\n",
             "model = ", adapter ? "AutoPeftModelForCausalLM" : "AutoModelForCausalLM",
             ".from_pretrained(path)\ntokenizer = AutoTokenizer.from_pretrained(path)\n"
             "messages = [{\"role\": \"user\", \"content\": \"...\"}]\n"
             "inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, "
             "return_tensors=\"pt\", return_dict=True)\n"
             "print(tokenizer.decode(model.generate(**inputs, max_new_tokens=200)[0]))\n```\n");
}

}  // namespace

std::string model_card(const RunPaths& run, int64_t t) {
  const fs::path model = run.model(t);
  const Json setup = read_settings(run)["setup"];
  const std::string method = setting(setup, "Training method");
  const bool by_dpo = t > 1 && method != "positive_only";
  return front_matter(model, setting(setup, "Starting model"), by_dpo) + introduction(t, by_dpo) +
         "## How it was made\n\n" + data_table(run, t) + settings_table(setup) + evaluation_section(run) +
         loading_section(model);
}

void write_model_cards(const RunPaths& run) {
  for (const int64_t t : numbers_of_models(run))
    if (t > 0 && has_model_config(run.model(t))) write_file_atomically(run.model_card(t), model_card(run, t));
}

}  // namespace selfreward
