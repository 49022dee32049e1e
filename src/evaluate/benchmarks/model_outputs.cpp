#include "evaluate/benchmarks/model_outputs.h"

#include <map>
#include <set>

#include "base/regex.h"
#include "data/rows/rows.h"

namespace selfreward {
namespace {

/// The text under the first of the keys that the row has.
const std::string& first_text(const Row& row, std::initializer_list<const char*> keys) {
  for (const char* key : keys)
    if (has(row.value, key)) return string_at(row.value, key, row.where);
  fail("[evaluate] ", row.where, " has keys ", key_list(row.value), "; ", *keys.begin(), " is wanted");
}

std::string instruction_id(const Row& row) {
  return has(row.value, "prompt_id") ? optional_text(row, "prompt_id") : id_of(row);
}

std::string category_of(const Row& row, const std::string& field) {
  if (!field.empty())
    return has(row.value, field.c_str()) ? string_at(row.value, field.c_str(), row.where) : "";
  for (const char* key : {"category", "dataset"})
    if (has(row.value, key)) return string_at(row.value, key, row.where);
  return "";
}

/// The n-th occurrence of an instruction -> its place.
std::map<std::pair<std::string, size_t>, size_t> places(const ModelOutputs& outputs) {
  std::map<std::string, size_t> seen;
  std::map<std::pair<std::string, size_t>, size_t> found;
  for (size_t i = 0; i < outputs.rows.size(); ++i) {
    const std::string& text = outputs.rows[i].instruction;
    found[{text, seen[text]++}] = i;
  }
  return found;
}

/// Collects the rows of one file.
class OutputReader {
 public:
  OutputReader(const fs::path& file, const std::vector<Instruction>& instructions) : file_(file) {
    for (const Instruction& instruction : instructions) texts_[instruction.id] = &instruction.text;
  }

  void read(const Row& row) {
    ModelOutput output;
    if (has(row.value, "instruction") || has(row.value, "prompt"))
      output.instruction = first_text(row, {"instruction", "prompt"});
    else
      output.instruction = looked_up(row);
    output.output = first_text(row, {"output", "text", "response"});
    output.dataset = optional_text(row, "dataset");
    read_name(row);
    outputs_.rows.push_back(std::move(output));
  }

  ModelOutputs take() {
    check(!outputs_.rows.empty(), "[evaluate] ", file_.string(), " has no rows");
    if (outputs_.name.empty()) outputs_.name = file_.stem().string();
    return std::move(outputs_);
  }

 private:
  const std::string& looked_up(const Row& row) {
    const std::string id = first_text(row, {"prompt_id"});
    const auto found = texts_.find(id);
    check(found != texts_.end(), "[evaluate] ", row.where, " answers prompt '", id,
          "', which is not among the instructions; name the file that the answers were made for");
    check(answered_.insert(id).second, "[evaluate] ", row.where, " is another answer to prompt '", id,
          "'; one of each is wanted (candidates.num_generations=1)");
    return *found->second;
  }

  void read_name(const Row& row) {
    const std::string name = optional_text(row, "generator");
    check_printable_name(name, row.where);
    check(outputs_.rows.empty() || name == outputs_.name, "[evaluate] ", row.where, " is by '", name,
          "', the rows before by '", outputs_.name, "'; a file of one model is wanted");
    outputs_.name = name;
  }

  fs::path file_;
  std::map<std::string, const std::string*> texts_;
  std::set<std::string> answered_;
  ModelOutputs outputs_;
};

}  // namespace

std::vector<Instruction> read_instructions(const fs::path& file, const std::string& category_field) {
  std::vector<Instruction> instructions;
  std::set<std::string> ids;
  bool has_category = false;
  for_each_row(file, [&](const Row& row) {
    Instruction instruction{instruction_id(row), first_text(row, {"instruction", "prompt"}),
                            category_of(row, category_field)};
    check(ids.insert(instruction.id).second, "[evaluate] ", row.where, ": the id '", instruction.id,
          "' was there before; ids must differ");
    has_category |= !instruction.category.empty();
    instructions.push_back(std::move(instruction));
  });
  check(!instructions.empty(), "[evaluate] ", file.string(), " has no instructions");
  check(category_field.empty() || has_category, "[evaluate] ", file.string(), " has no field '",
        category_field, "'; correct --category");
  return instructions;
}

ModelOutputs read_model_outputs(const fs::path& file, const std::vector<Instruction>& instructions) {
  OutputReader reader(file, instructions);
  for_each_row(file, [&](const Row& row) { reader.read(row); });
  return reader.take();
}

void check_printable_name(const std::string& name, const std::string& where) {
  static const Regex kControl("\\p{Cc}");
  check(!kControl.matches(name), "[evaluate] ", where, ": the generator is ",
        Json(name).dump(-1, ' ', /*ensure_ascii=*/true), "; a name without control characters is wanted");
}

MatchedOutputs match_outputs(const ModelOutputs& first, const ModelOutputs& second) {
  const auto a = places(first), b = places(second);
  MatchedOutputs matched;
  for (const auto& [key, i] : a) {
    const auto found = b.find(key);
    if (found != b.end()) matched.rows.emplace_back(i, found->second);
  }
  matched.only_first = a.size() - matched.rows.size();
  matched.only_second = b.size() - matched.rows.size();
  std::sort(matched.rows.begin(), matched.rows.end());
  return matched;
}

}  // namespace selfreward
