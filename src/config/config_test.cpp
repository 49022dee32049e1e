#include <doctest/doctest.h>

#include <cstdlib>
#include <limits>
#include <set>

#include "base/text_util.h"
#include "config/rules.h"
#include "support/scratch.h"

using namespace selfreward;

namespace {

fs::path file_with(const std::string& yaml) {
  const fs::path path = scratch("a.yaml");
  write_file_atomically(path, yaml);
  return path;
}

RunConfig load(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  return load_config(file_with(yaml), overrides);
}

/// The message of the error without the directory of the test's file; "" where there is none.
std::string error_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  try {
    load(yaml, overrides);
  } catch (const Error& error) {
    return replace_all(error.what(), file_with(yaml).parent_path().string() + "/", "");
  }
  return "";
}

}  // namespace

TEST_CASE("settings of every type are read, and what is left out keeps its default") {
  const RunConfig config = load(
      "run_dir: runs/a  # comment\n"
      "seed: 7\n"
      "model: {dtype: float32, model_name_or_path: '/m 0'}\n"
      "data:\n  ift: [a.jsonl, \"b.jsonl\"]\n  eft: []\n"
      "prompts:\n  keyword_filter: false\n  header: \"list of tasks :\"\n  sampling:\n    temperature: 1\n"
      "dpo:\n  train:\n    learning_rate: 5e-4\n"
      "evaluate:\n");
  CHECK(config.run_dir == "runs/a");
  CHECK(config.seed == 7);
  CHECK(config.model.dtype == "float32");
  CHECK(config.model.model_name_or_path == "/m 0");
  CHECK(config.data.ift == std::vector<std::string>{"a.jsonl", "b.jsonl"});
  CHECK(config.prompts.keyword_filter == false);
  CHECK(config.prompts.header == "list of tasks :");
  CHECK(config.prompts.sampling.temperature == 1.0);
  CHECK(config.dpo.train.learning_rate == 5e-4);
  CHECK(config.dpo.train.min_lr_rate == 0.1);
  CHECK(config.evaluate.enabled);
}

TEST_CASE("an empty file and no file are the defaults") {
  CHECK(dump_config(load("")) == dump_config(RunConfig()));
  CHECK(dump_config(load("# nothing\n")) == dump_config(RunConfig()));
  CHECK(dump_config(load_config("", {})) == dump_config(RunConfig()));
}

TEST_CASE("what a chat template is told is checked with the settings") {
  const std::string kwargs = R"({"enable_thinking": false})";
  const RunConfig config =
      load_config("", {"model.chat_template_kwargs=" + kwargs, "model.chat_template_date=2026-07-01"});
  CHECK(config.model.chat_template_kwargs == kwargs);
  CHECK(load("model:\n  chat_template_kwargs: '" + kwargs + "'\n").model.chat_template_kwargs == kwargs);
  CHECK_THROWS_WITH_AS(load_config("", {"model.chat_template_kwargs=enable_thinking"}),
                       doctest::Contains("chat_template_kwargs is not valid JSON"), Error);
  CHECK_THROWS_WITH_AS(load_config("", {"model.chat_template_date=July"}),
                       "[template] \"July\" is not a date, expected one as 2026-07-01", Error);
}

TEST_CASE("a wrong file is one line with its place, the key and what was wanted") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"seed: 1\ndpo:\n  betta: 1\n",
       "[config] a.yaml, line 3: dpo.betta is not a setting; did you mean dpo.beta?"},
      {"beta: 1\n", "[config] a.yaml, line 1: beta is not a setting; did you mean dpo.beta?"},
      {"dpo:\n  learning_rate: 1\n",
       "[config] a.yaml, line 2: dpo.learning_rate is not a setting; did you mean dpo.train.learning_rate?"},
      {"judgee:\n  rubric: a\n", "[config] a.yaml, line 1: judgee is not a setting; did you mean judge?"},
      {"sft:\n  beta: 1\n", "[config] a.yaml, line 2: sft.beta is not a setting; did you mean dpo.beta?"},
      {"zzzzzzzz: 1\n",
       "[config] a.yaml, line 1: zzzzzzzz is not a setting (docs/configuration.md lists them)"},
      {"seed: 1\nseed: 2\n", "[config] a.yaml, line 2: seed is set a second time, after line 1"},
      {"dpo.beta: 1\n",
       "[config] a.yaml, line 1: dpo.beta is written with a dot: that is for --set; in a file the part "
       "behind the dot stands indented below"},
      {"seed: one\n", "[config] a.yaml, line 1: seed is \"one\", expected integer, at least 0"},
      {"seed: 1.5\n", "[config] a.yaml, line 1: seed is \"1.5\", expected integer, at least 0"},
      {"seed: 99999999999999999999\n",
       "[config] a.yaml, line 1: seed is \"99999999999999999999\", expected integer, at least 0"},
      {"seed:\n", "[config] a.yaml, line 1: seed is empty, expected integer, at least 0"},
      {"seed: [1]\n", "[config] a.yaml, line 1: seed is a list, expected integer, at least 0"},
      {"dpo:\n  beta: \"0.1\"\n",
       "[config] a.yaml, line 2: dpo.beta is \"0.1\", expected number, above 0, without quotes"},
      {"dpo:\n  beta: 0\n", "[config] a.yaml, line 2: dpo.beta is 0.0, expected number, above 0"},
      {"dpo:\n  beta: inf\n", "[config] a.yaml, line 2: dpo.beta is inf, expected number, above 0"},
      {"dpo:\n  beta: nan\n", "[config] a.yaml, line 2: dpo.beta is nan, expected number, above 0"},
      {"candidates: {sampling: {top_p: 1.1}}\n",
       "[config] a.yaml, line 1: candidates.sampling.top_p is 1.1, expected number, above 0 and at most 1"},
      {"model:\n  dtype: float64\n",
       "[config] a.yaml, line 2: model.dtype is \"float64\", expected bfloat16 or float32; did you mean "
       "float32?"},
      {"evaluate:\n  enabled: yes\n",
       "[config] a.yaml, line 2: evaluate.enabled is \"yes\", expected true or false"},
      {"data:\n  ift: a.jsonl\n",
       "[config] a.yaml, line 2: data.ift is \"a.jsonl\", expected list of texts: [a, b]"},
      {"data:\n  ift: [[a]]\n",
       "[config] a.yaml, line 2: an item of data.ift is a list, expected list of texts"},
      {"model: gpt2\n", "[config] a.yaml, line 1: model is \"gpt2\", expected settings below it"},
      {"- a\n", "[config] a.yaml, line 1: the file is a list, expected settings below it"},
      {"[a]: 1\n", "[config] a.yaml, line 1: a name of a setting is a list, expected text"},
      {"seed: 1\n---\nseed: 2\n",
       "[config] a.yaml, line 2, column 1: expected the end of the file, found more text (a second ---, "
       "or a bracket too many?)"},
      {"model: {dtype: float32}}\nseed: 3\n",
       "[config] a.yaml, line 1, column 24: this is not valid YAML: illegal flow end"},
      {"run_dir: ${SELFREWARD_NO_SUCH}\n",
       "[config] a.yaml, line 1: run_dir: the environment variable SELFREWARD_NO_SUCH is not set"},
      {"run_dir: \"${\"\n",
       "[config] a.yaml, line 1: run_dir: expected ${NAME} in \"${\" ($${ writes a plain ${)"},
      {"prompts: {min_words: 9, max_words: 5}\n",
       "[config] prompts.min_words is 9, above prompts.max_words 5: every prompt would be dropped"},
  };
  for (const auto& [yaml, message] : cases) CHECK(error_of(yaml) == message);
  CHECK(error_of("seed: [1\n").starts_with("[config] a.yaml, line 2, column 1: this is not valid YAML: "));
  CHECK(error_of("seed: 1\n\tlast_model: 2\n").starts_with("[config] a.yaml, line "));
}

TEST_CASE("a file that is broken is an error, never a crash") {
  const std::vector<std::string> broken = {"\xff",
                                           "&a [*a]",
                                           ", a: 1\n",
                                           "}",
                                           "model: &m {dtype: *m}",
                                           "? {",
                                           "!<",
                                           "%YAML 9.9\n---\na: 1",
                                           "seed: !!binary x",
                                           "'",
                                           "\"\\u12",
                                           "*x",
                                           "a: &",
                                           "{{{{{{{{",
                                           "- - - - -\n?",
                                           std::string("seed: 1\n\0dpo: 1", 15)};
  for (const std::string& text : broken) CHECK_MESSAGE(!error_of(text).empty(), text);
  CHECK(!error_of(std::string(100000, '[')).empty());
}

TEST_CASE("--set overrides the file, the last one wins, and text is taken as it stands") {
  const RunConfig config = load("dpo: {beta: 0.5}\n", {"dpo.beta=0.2", "dpo.beta= 0.3 ",
                                                       "prompts.header=a: [b]=\"c\" ", "judge.rubric="});
  CHECK(config.dpo.beta == 0.3);
  CHECK(config.prompts.header == "a: [b]=\"c\" ");
  CHECK(config.judge.rubric.empty());
}

TEST_CASE("a list given by --set replaces the list of the file and grows when it is repeated") {
  const std::string yaml = "data: {ift: [x]}\n";
  using List = std::vector<std::string>;
  CHECK(load(yaml, {"data.ift=a"}).data.ift == List{"a"});
  CHECK(load(yaml, {"data.ift=[a, b]"}).data.ift == List{"a", "b"});
  CHECK(load(yaml, {"data.ift=a", "data.ift=b"}).data.ift == List{"a", "b"});
  CHECK(load(yaml, {"data.ift=a", "data.ift=[b, 'c, d']"}).data.ift == List{"a", "b", "c, d"});
  CHECK(load(yaml, {"data.ift=[]"}).data.ift.empty());
}

TEST_CASE("a wrong --set says which one") {
  CHECK(error_of("", {"dpo.beta"}) ==
        "[config] --set dpo.beta: expected KEY=VALUE, as in --set dpo.beta=0.3");
  CHECK(error_of("", {"dpo.bta=1"}) ==
        "[config] --set dpo.bta=1: dpo.bta is not a setting; did you mean dpo.beta?");
  CHECK(error_of("", {"dpo.replay_eft_share=0.5"}).find("dpo.replay_batch_size is 0: nothing is replayed") !=
        std::string::npos);
  CHECK(error_of("", {"dpo=1"}) ==
        "[config] --set dpo=1: dpo is a group of settings, expected one of it, as in --set dpo.beta=VALUE");
  CHECK(error_of("", {"dpo.beta=-1"}) ==
        "[config] --set dpo.beta=-1: dpo.beta is -1.0, expected number, above 0");
  CHECK(error_of("", {"seed="}) == "[config] --set seed=: seed is \"\", expected integer, at least 0");
  CHECK(error_of("", {"data.ift=[a"}).starts_with("[config] --set data.ift, line 1, column "));
}

TEST_CASE("what is trained of a conversation is a setting of SFT alone, and a language is needed") {
  CHECK(load("").sft.train_on == "last");
  CHECK(load("sft: {train_on: all, max_steps: 3}").sft.train_on == "all");
  CHECK(load("", {"sft.max_steps=3"}).sft.max_steps == 3);
  CHECK(error_of("", {"sft.train_on=every"}).find("expected last or all") != std::string::npos);
  CHECK(error_of("", {"dpo.train.train_on=all"}).find("dpo.train.train_on is not a setting") !=
        std::string::npos);
  CHECK(load("").data.languages == std::vector<std::string>{"en"});
  CHECK(load("", {"data.languages=de", "data.languages=pt-BR"}).data.languages ==
        std::vector<std::string>{"de", "pt-BR"});
  CHECK(error_of("data: {languages: []}").starts_with("[config] data.languages is empty"));
}

TEST_CASE("monitor.stop names monitors") {
  CHECK(load_config("", {"monitor.stop=[kl, ties]"}).monitor.stop == std::vector<std::string>{"kl", "ties"});
  CHECK(error_of("", {"monitor.stop=tie"})
            .starts_with("[config] monitor.stop names 'tie', which is no monitor; did you mean ties? (there "
                         "are seed_likeness, "));
  CHECK_THROWS_AS(load_config("", {"monitor.stop=stop"}), Error);
}

TEST_CASE("environment variables and the home directory are put into texts") {
  setenv("SELFREWARD_TEST_DIR", "/d", 1);
  const std::string home = std::getenv("HOME");
  const RunConfig config =
      load("run_dir: ${SELFREWARD_TEST_DIR}/x\ndata: {ift: [\"a${SELFREWARD_TEST_DIR}\", ~/b]}\n",
           {"judge.rubric=$${x}", "data.gold=a~/b"});
  CHECK(config.run_dir == "/d/x");
  CHECK(config.data.ift == std::vector<std::string>{"a/d", home + "/b"});
  CHECK(config.judge.rubric == "${x}");
  CHECK(config.data.gold == "a~/b");
}

TEST_CASE("a dump reads back as the same settings, to the last bit") {
  RunConfig config;
  config.run_dir = "a \"b\"\\\n\t#: ${HOME} $${ \xc3\xa4\xf0\x9f\x98\x80";
  config.data.ift = {"", "true", "1", "a, b]", "null"};
  config.seed = std::numeric_limits<int64_t>::max();
  config.sft.learning_rate = 0.1 + 0.2;
  config.sft.adam_epsilon = 5e-324;
  config.dpo.beta = 1.7976931348623157e308;
  config.dpo.rpo_alpha = 1.0 / 3;
  config.evaluate.enabled = false;
  const RunConfig again = load(dump_config(config));
  CHECK(dump_config(again) == dump_config(config));
  CHECK(again.run_dir == config.run_dir);
  CHECK(again.data.ift == config.data.ift);
  CHECK(again.seed == config.seed);
  CHECK(again.sft.learning_rate == config.sft.learning_rate);
  CHECK(again.sft.adam_epsilon == config.sft.adam_epsilon);
  CHECK(again.dpo.beta == config.dpo.beta);
  CHECK(again.dpo.rpo_alpha == config.dpo.rpo_alpha);
}

TEST_CASE("a dump explains each setting above it") {
  const std::string text = dump_config(RunConfig());
  CHECK(text.find("\ndpo:\n  # strength of the pull towards the reference M_t\n  beta: 0.1\n") !=
        std::string::npos);
  CHECK(text.find("\n    adam_epsilon: 1.0e-08\n") != std::string::npos);  // YAML 1.1 takes 1e-08 for text
}

TEST_CASE("every number has a range, every rule is used, and the defaults obey") {
  RunConfig config;
  std::set<const Rule*> used;
  for (const Field& field : list_fields(config)) {
    const Rule* rule = find_rule(field.key);
    const bool is_number =
        std::holds_alternative<int64_t*>(field.value) || std::holds_alternative<double*>(field.value);
    CHECK_MESSAGE((!is_number || rule), field.key);
    if (rule) {
      used.insert(rule);
      CHECK_MESSAGE(rule->choices.empty() == is_number, field.key);
    }
  }
  for (const Rule& rule : config_rules()) CHECK_MESSAGE(used.count(&rule), rule.key);
  CHECK_NOTHROW(validate(config));
}

TEST_CASE("the settings of a group stand before its sections, as tables need it") {
  RunConfig config;
  std::set<std::string> with_section;
  for (const Field& field : list_fields(config)) {
    if (field.is_section())
      with_section.insert(parent_key(field.key));
    else
      CHECK_MESSAGE(!with_section.count(parent_key(field.key)), field.key);
  }
}

TEST_CASE("a whole run needs a model and the data that its choices ask for") {
  RunConfig config;
  CHECK_THROWS_AS(validate_whole_run(config), Error);
  config.model.model_name_or_path = "m";
  config.data.ift = {"a"};
  CHECK_THROWS_WITH_AS(
      validate_whole_run(config),
      "[config] eft.source is self, but data.ranked is empty: name files with human-ranked answers, or "
      "set eft.source to none",
      Error);
  config.data.ranked = {"r"};
  CHECK_NOTHROW(validate_whole_run(config));
  config.eft.source = "file";
  CHECK_THROWS_AS(validate_whole_run(config), Error);
  config.eft.source = "none";
  config.judge.kind = "gold";
  CHECK_THROWS_AS(validate_whole_run(config), Error);
  config.data.gold = "g";
  CHECK_NOTHROW(validate_whole_run(config));
  config.data.eft = {"judging.jsonl"};
  CHECK_THROWS_WITH_AS(validate_whole_run(config), doctest::Contains("[config] data.eft is"), Error);
  config.data.eft.clear();
  config.candidates.num_generations = 1;
  CHECK_THROWS_AS(validate_whole_run(config), Error);
}

TEST_CASE(
    "settings of pairs are an error where positive answers alone are trained, with what they are else") {
  const std::vector<std::string> whole = {"model.model_name_or_path=m", "data.ift=[a]", "eft.source=none",
                                          "dpo.method=positive_only"};
  const auto checked = [&](const std::string& setting) {
    auto settings = whole;
    settings.push_back(setting);
    validate_whole_run(load_config("", settings));
  };
  CHECK_NOTHROW(checked("seed=1"));
  CHECK_THROWS_WITH_AS(
      checked("dpo.ld_alpha=0.5"),
      "[config] dpo.ld_alpha is 0.5, but dpo.method is positive_only, which trains on no pairs: it has no effect, "
      "leave it out or set it to 1.0",
      Error);
  for (const char* setting : {"dpo.loss_type=sigmoid_norm", "dpo.soft_label=margin", "pairs.margin=1"})
    CHECK_THROWS_WITH_AS(checked(setting), doctest::Contains("it has no effect"), Error);
}
