// The arrows between the folders of src/ (docs/architecture.md): a file includes its own folder and lower
// ones.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/files.h"
#include "base/regex.h"

using namespace selfreward;

namespace {

const fs::path kSource = SELFREWARD_SOURCE_DIR;

// Two folders of one rank do not include each other.
const std::map<std::string, int> kRanks = {{"base", 1},     {"data", 2},   {"text", 3},     {"model", 4},
                                           {"infer", 5},    {"train", 5},  {"feedback", 6}, {"serve", 6},
                                           {"evaluate", 7}, {"recipe", 8}, {"app", 9}};
const std::set<std::string> kPlaygroundMayInclude = {"playground", "base", "data", "text", "evaluate"};

bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (from == "playground") return kPlaygroundMayInclude.count(to) > 0;
  if (to == "playground") return from == "app";
  return kRanks.at(to) < kRanks.at(from);
}

/// The folders named by #include "folder/file" in a source text.
std::vector<std::string> included_folders(const std::string& source) {
  static const Regex kInclude("(?m)^[ \\t]*#[ \\t]*include[ \\t]*\"([^/\"\\n]+)/");
  std::vector<std::string> folders;
  for (const Regex::Match& match : kInclude.find_all(source)) folders.emplace_back(match[1].in(source));
  return folders;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cpp";
}

/// The world's own score is compared with the gold rules of the feedback layer, in a test alone.
bool is_comparing_test(const fs::path& file, const std::string& from, const std::string& to) {
  return from == "playground" && to == "feedback" && file.filename().string().ends_with("_test.cpp");
}

/// Every source file of a folder.
std::vector<fs::path> sources(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file() && is_source(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Checks every include of the files in `dir`, which is the layer `from`; returns how many there are.
int check_folder(const fs::path& dir, const std::string& from) {
  int count = 0;
  for (const fs::path& file : sources(dir)) {
    for (const std::string& to : included_folders(read_file(file))) {
      INFO(fs::relative(file, kSource).string(), " includes ", to, "/");
      const bool is_layer = to == "playground" || kRanks.count(to);
      CHECK(is_layer);
      if (is_layer && !is_comparing_test(file, from, to)) CHECK(may_include(from, to));
      ++count;
    }
  }
  return count;
}

}  // namespace

TEST_CASE("includes are found as the compiler finds them") {
  CHECK(included_folders("#include \"base/a.h\"\n  # include \"data/b.h\"\n#include <text/c.h>\n"
                         "// #include \"model/d.h\"\n#include \"e.h\"\n") ==
        std::vector<std::string>{"base", "data"});
}

TEST_CASE("the arrows point downwards") {
  CHECK(may_include("data", "base"));
  CHECK(!may_include("base", "data"));
  CHECK(!may_include("infer", "train"));
  CHECK(!may_include("train", "infer"));
  CHECK(may_include("recipe", "train"));
  CHECK(may_include("app", "playground"));
  CHECK(!may_include("recipe", "playground"));
  CHECK(!may_include("playground", "recipe"));
  CHECK(may_include("playground", "evaluate"));
}

TEST_CASE("every folder of src/ is a layer and includes only layers below it") {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "src")) {
    if (!entry.is_directory()) continue;
    const std::string layer = entry.path().filename().string();
    INFO("src/", layer);
    REQUIRE(kRanks.count(layer) == 1);
    count += check_folder(entry.path(), layer);
  }
  CHECK(count > 100);  // the test would pass where it finds nothing to check
}

TEST_CASE("the playground includes no layer that trains or runs models") {
  CHECK(check_folder(kSource / "playground", "playground") > 5);
}

TEST_CASE("CMake adds the folders from the bottom to the top") {
  const std::string text = read_file(kSource / "src" / "CMakeLists.txt");
  int previous = 0;
  size_t found = 0;
  for (const Regex::Match& match : Regex("add_subdirectory\\((\\w+)\\)").find_all(text)) {
    const std::string layer(match[1].in(text));
    REQUIRE(kRanks.count(layer) == 1);
    CHECK_MESSAGE(kRanks.at(layer) >= previous, layer);
    previous = kRanks.at(layer);
    ++found;
  }
  CHECK(found == kRanks.size());
}
