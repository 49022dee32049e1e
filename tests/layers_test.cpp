// The arrows between the rooms of src/ (docs/architecture.md): a file includes its own room and lower ones,
// and the files of a room do not include each other in rings.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/files.h"
#include "base/regex.h"
#include "support/fixtures.h"

using namespace selfreward;

namespace {

// Two rooms of one rank do not include each other.
const std::map<std::string, int> kRanks = {{"base", 1},
                                           {"data/rows", 2},
                                           {"data", 3},
                                           {"text/unicode", 4},
                                           {"text/tokenizer", 5},
                                           {"text/jinja", 5},
                                           {"text/chat", 6},
                                           {"gold", 7},
                                           {"model/tree", 7},
                                           {"model/kernels", 7},
                                           {"label", 8},
                                           {"model/kernels/attention", 8},
                                           {"model/kernels/product", 8},
                                           {"model/kernels/rows", 8},
                                           {"model/files", 8},
                                           {"model/ops", 9},
                                           {"model/layers", 10},
                                           {"model/families", 11},
                                           {"model/policy", 12},
                                           {"model/gguf", 13},
                                           {"infer", 14},
                                           {"train", 14},
                                           {"feedback/judging", 15},
                                           {"feedback/pairs", 15},
                                           {"feedback", 16},
                                           {"serve", 16},
                                           {"evaluate/statistics", 16},
                                           {"evaluate/judges", 17},
                                           {"config", 17},
                                           {"run", 18},
                                           {"monitor", 18},
                                           {"evaluate/benchmarks", 19},
                                           {"report", 19},
                                           {"recipe", 20},
                                           {"plan", 21},
                                           {"app", 22},
                                           {"app/evaluate", 23}};
// The only rooms whose files may name a tensor.
const std::set<std::string> kTensorRooms = {"model", "infer", "train"};
// What stands beside src/ and what of it that may include; the tests of playground/ compare with gold/ too.
const std::map<std::string, std::set<std::string>> kBeside = {
    {"playground", {"playground", "base", "data"}},
    {"verifiable", {"verifiable", "base", "data", "gold", "feedback/judging"}}};

bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  if (const auto beside = kBeside.find(from); beside != kBeside.end()) return beside->second.count(to) > 0;
  if (kBeside.count(to) > 0) return to == "playground" && from == "app";
  return kRanks.at(to) < kRanks.at(from);
}

/// The paths of #include "..." in a source text.
std::vector<std::string> included_paths(const std::string& source) {
  static const Regex kInclude("(?m)^[ \\t]*#[ \\t]*include[ \\t]*\"([^\"\\n]+)\"");
  std::vector<std::string> paths;
  for (const Regex::Match& match : kInclude.find_all(source)) paths.emplace_back(match[1].in(source));
  return paths;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cpp" || path.extension() == ".inl";
}

bool is_test(const fs::path& path) {
  return path.filename().string().ends_with("_test.cpp");
}

/// Every source file below `dir`.
std::vector<fs::path> sources(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(dir))
    if (entry.is_regular_file() && is_source(entry.path())) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// "text/jinja" of "text/jinja/lexer.h".
std::string room_of(const fs::path& path) {
  return path.parent_path().string();
}

/// The unit of a file: its path without the extension. A header and its .cpp are one, an .inl is one of its
/// own.
std::string unit_of(const fs::path& path) {
  return path.extension() == ".inl" ? path.string() : fs::path(path).replace_extension().string();
}

bool is_support(const std::string& path) {
  return path.starts_with("support/");  // of tests
}

/// Checks every include of the files in `dir`, which lie in rooms relative to `root`; returns how many there
/// are.
int check_folder(const fs::path& dir, const fs::path& root) {
  int count = 0;
  for (const fs::path& file : sources(dir)) {
    const std::string from = room_of(file.lexically_relative(root));
    for (const std::string& path : included_paths(read_file(file))) {
      const std::string to = room_of(path);
      INFO(file.lexically_relative(kSource).string(), " includes ", path);
      if (is_test(file) && (is_support(path) || (from == "playground" && to == "gold"))) continue;
      const bool is_room = kRanks.count(to) + kBeside.count(to) > 0;
      CHECK(is_room);
      if (is_room) CHECK(may_include(from, to));
      ++count;
    }
  }
  return count;
}

/// Follows what units include; a unit that is met again on the way is a ring.
void find_rings(const std::string& unit, const std::map<std::string, std::set<std::string>>& includes,
                std::vector<std::string>& way, std::set<std::string>& done) {
  if (std::find(way.begin(), way.end(), unit) != way.end()) {
    std::string ring;
    for (const std::string& step : way) ring += step + " -> ";
    FAIL_CHECK("files include each other in a ring: " << ring << unit);
    return;
  }
  if (done.count(unit) > 0 || includes.count(unit) == 0) return;
  way.push_back(unit);
  for (const std::string& next : includes.at(unit)) find_rings(next, includes, way, done);
  way.pop_back();
  done.insert(unit);
}

}  // namespace

TEST_CASE("includes are found as the compiler finds them") {
  CHECK(included_paths("#include \"base/a.h\"\n  # include \"data/rows/b.inl\"\n#include <text/c.h>\n"
                       "// #include \"model/d.h\"\n") ==
        std::vector<std::string>{"base/a.h", "data/rows/b.inl"});
  CHECK(room_of("data/rows/b.inl") == "data/rows");
}

TEST_CASE("the arrows point downwards") {
  CHECK(may_include("data", "base"));
  CHECK(!may_include("base", "data"));
  CHECK(!may_include("infer", "train"));
  CHECK(!may_include("train", "infer"));
  CHECK(!may_include("text/jinja", "text/tokenizer"));
  CHECK(may_include("recipe", "train"));
  CHECK(may_include("app", "playground"));
  CHECK(!may_include("recipe", "playground"));
  CHECK(!may_include("playground", "recipe"));
}

TEST_CASE("every folder of src/ is a room and includes only rooms below it") {
  CHECK(check_folder(kSource / "src", kSource / "src") >
        1000);  // it would pass where it finds nothing to check
}

TEST_CASE("the playground and the verifiable prompts include no room that trains or runs models") {
  CHECK(check_folder(kSource / "playground", kSource) > 5);
  CHECK(check_folder(kSource / "verifiable", kSource) > 5);
}

TEST_CASE("no files include each other in a ring") {
  std::map<std::string, std::set<std::string>> includes;
  const auto add = [&](const fs::path& dir, const fs::path& root) {
    for (const fs::path& file : sources(dir)) {
      const std::string unit = unit_of(file.lexically_relative(root));
      for (const std::string& path : included_paths(read_file(file)))
        if (unit_of(path) != unit) includes[unit].insert(unit_of(path));
    }
  };
  add(kSource / "src", kSource / "src");
  for (const auto& [folder, may_include] : kBeside) add(kSource / folder, kSource);
  std::set<std::string> done;
  std::vector<std::string> way;
  for (const auto& [unit, included] : includes) find_rings(unit, includes, way, done);
  CHECK(done.size() > 200);
}

TEST_CASE("tensors stop at infer and train") {
  const Regex torch("#include <(torch|ATen|c10)/|\\b(torch|at|c10)::");
  for (const fs::path& file : sources(kSource / "src")) {
    const std::string room = file.lexically_relative(kSource / "src").begin()->string();
    if (kTensorRooms.count(room) > 0 || is_test(file)) continue;
    INFO(file.lexically_relative(kSource).string());
    CHECK(torch.find_all(read_file(file)).empty());
  }
}

TEST_CASE("CMake adds the folders from the bottom to the top") {
  const std::string text = read_file(kSource / "src" / "CMakeLists.txt");
  const auto rank_of = [](const std::string& folder) {  // of the lowest room in it
    int rank = 1000;
    for (const auto& [room, of_room] : kRanks)
      if (room == folder || room.starts_with(folder + "/")) rank = std::min(rank, of_room);
    return rank;
  };
  int previous = 0;
  std::set<std::string> added;
  for (const Regex::Match& match : Regex("add_subdirectory\\(([\\w/]+)\\)").find_all(text)) {
    const std::string folder(match[1].in(text));
    CHECK_MESSAGE(rank_of(folder) < 1000, folder);
    CHECK_MESSAGE(rank_of(folder) >= previous, folder);
    previous = rank_of(folder);
    added.insert(folder);
  }
  for (const auto& [room, rank] : kRanks) {
    INFO(room);
    CHECK((added.count(room) > 0 || added.count(room.substr(0, room.find('/'))) > 0));
  }
}
