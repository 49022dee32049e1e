#include "config/template_day.h"

#include <doctest/doctest.h>

#include "support/scratch.h"

using namespace selfreward;

namespace {

std::string settled(const fs::path& earlier, const std::string& set = "", bool overwrite = false) {
  RunConfig config;
  config.model.chat_template_date = set;
  settle_date(config, earlier, overwrite);
  return config.model.chat_template_date;
}

}  // namespace

TEST_CASE("what goes on another day keeps its day, wherever an earlier call recorded it") {
  const fs::path dir = scratch_dir();
  CHECK(settled(dir).size() == 10);
  CHECK(settled(dir / "config.yaml").size() == 10);
  write_file_atomically(dir / "config.yaml", "model:\n  chat_template_date: 2020-02-20\n");
  CHECK(settled(dir / "config.yaml") == "2020-02-20");
  write_file_atomically(dir / "a.inputs.json", R"({"model.chat_template_date": "2019-01-01", "seed": 1})");
  CHECK(settled(dir / "a.inputs.json") == "2019-01-01");
  CHECK(settled(dir / "a.inputs.json", "2018-08-08") == "2018-08-08");
  CHECK(settled(dir / "a.inputs.json", "", /*overwrite=*/true) == settled(dir / "none"));
  fs::remove(dir / "a.inputs.json");
  write_file_atomically(dir / "answers/none.inputs.json", "half a li");
  write_file_atomically(dir / "judged/b.inputs.json",
                        R"({"judge": {"model.chat_template_date": "2017-07-07"}})");
  CHECK(settled(dir) == "2017-07-07");
}
