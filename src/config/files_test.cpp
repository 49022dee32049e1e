// The configurations that come with the program, the schema and the page of settings.
#include <doctest/doctest.h>

#include <cstdlib>

#include "base/json.h"
#include "base/regex.h"
#include "config/rules.h"
#include "support/fixtures.h"

using namespace selfreward;

namespace {

const Json& property(const Json& schema, const std::string& key) {
  const Json& group = parent_key(key).empty() ? schema : property(schema, parent_key(key));
  return group.at("properties").at(leaf_key(key));
}
}  // namespace

TEST_CASE("every file of configs/ names all that a run needs, and its rubric and gold rules exist") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "configs")) {
    INFO(entry.path().string());
    const RunConfig config = load_config(entry.path(), {});
    CHECK_NOTHROW(validate_whole_run(config));
    CHECK(fs::exists(kSource / config.judge.rubric));
    if (!config.data.gold.empty()) CHECK(fs::exists(kSource / config.data.gold));
    if (!config.evaluate.pairwise_rubric.empty())
      CHECK(fs::exists(kSource / config.evaluate.pairwise_rubric));
    ++count;
  }
  CHECK(count >= 3);
}

TEST_CASE("paper.yaml has the numbers of the paper") {
  const RunConfig config = load_config(kSource / "configs" / "paper.yaml", {});
  CHECK(config.last_model == 3);
  CHECK(config.sft.learning_rate == 5.5e-6);
  CHECK(config.sft.learning_rate * config.sft.min_lr_rate == doctest::Approx(1.1e-6));
  CHECK(config.dpo.train.learning_rate == 1e-6);
  CHECK(config.dpo.train.learning_rate * config.dpo.train.min_lr_rate == doctest::Approx(1e-7));
  CHECK(config.sft.train_batch_size == 16);
  CHECK(config.dpo.train.train_batch_size == 16);
  CHECK(config.sft.dropout == 0.1);
  CHECK(config.dpo.train.dropout == 0.1);
  CHECK(config.dpo.beta == 0.1);
  CHECK(config.dpo.rpo_alpha == 0);
  CHECK(config.dpo.replay_batch_size == 0);
  CHECK(config.candidates.num_generations == 4);
  CHECK(config.judge.num_evals_to_average == 3);
  CHECK(config.prompts.seed_shots == 6);
  CHECK(config.prompts.generated_shots == 2);
  CHECK(config.prompts.sampling.temperature == 0.6);
  CHECK(config.judge.sampling.temperature == 0.7);
  CHECK(config.dpo.eval_steps == 200);
}

TEST_CASE("the schema has every setting with type, default and rule, and allows no other key") {
  RunConfig defaults;
  const Json schema = parse_json(config_schema(), "schema");
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  for (const Field& field : list_fields(defaults)) {
    INFO(field.key);
    const Json& entry = property(schema, field.key);
    CHECK(entry.at("description") == field.help);
    if (field.is_section()) {
      CHECK(entry.at("additionalProperties") == false);
    } else {
      CHECK(entry.at("default") == field_json(field));
    }
  }
  CHECK(schema.at("additionalProperties") == false);
  CHECK(property(schema, "model.dtype").at("enum") == Json{"bfloat16", "float32"});
  CHECK(property(schema, "eft.sampling.top_p").at("exclusiveMinimum") == 0);
  CHECK(property(schema, "eft.sampling.top_p").at("maximum") == 1);
  CHECK(property(schema, "data.ift").at("items").at("type") == "string");
  CHECK(property(schema, "seed").at("type") == "integer");
}

TEST_CASE("settings are listed for --help in the order of the file") {
  const auto settings = list_settings();
  CHECK(settings.front().key == "run_dir");
  for (const SettingInfo& setting : settings) {
    if (setting.key != "dpo.beta") continue;
    CHECK(setting.type == "number, above 0");
    CHECK(setting.default_value == "0.1");
    CHECK(setting.help == "strength of the pull towards the reference M_t");
  }
}

TEST_CASE("docs/configuration.md is what the program prints") {
  INFO("make it again: selfreward config-schema --markdown > docs/configuration.md");
  CHECK((read_file(kSource / "docs" / "configuration.md") == config_reference()));
}

TEST_CASE("lines of the page of settings are short, and none begins another list inside of an item") {
  const Regex marker("^  [-+*#>] ");
  for (const std::string& line : read_lines(kSource / "docs" / "configuration.md")) {
    INFO(line);
    CHECK(line.size() <= 120);
    CHECK(!marker.matches(line));
  }
}
