#include "data/verdict_rows.h"

#include "base/text_util.h"
#include "data/rows/rows.h"

namespace selfreward {
namespace {

bool met_of(const Row& row) {
  check(has(row.value, "met") && row.value.at("met").is_boolean(), "[data] ", row.where, ": \"met\" is ",
        has(row.value, "met") ? row.value.at("met").dump() : "missing", ", wanted true or false");
  return row.value.at("met").get<bool>();
}

VerdictRow verdict_of(const Row& row) {
  check(
      !has(row.value, "messages"), "[data] ", row.where,
      ": this is a judging example (\"messages\"), wanted a verdict on one requirement (requirement, answer, met); "
      "set eft.source to file");
  return {id_of(row),
          optional_text(row, "prompt"),
          string_at(row.value, "answer", row.where),
          strip(text_at(row.value, "requirement", row.where)),
          optional_text(row, "evidence"),
          met_of(row),
          optional_text(row, "kind")};
}

}  // namespace

std::vector<VerdictRow> read_verdicts(const fs::path& path) {
  std::vector<VerdictRow> verdicts;
  for_each_row(path, [&](const Row& row) { verdicts.push_back(verdict_of(row)); });
  check(!verdicts.empty(), "[data] ", path.string(), " has no rows; is the file complete?");
  return verdicts;
}

}  // namespace selfreward
