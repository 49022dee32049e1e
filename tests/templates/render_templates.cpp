// Renders what tests/templates/compare.py asks for. One JSON request per line of standard input:
//   {"template": PATH, "special_tokens": {...}, "messages": [...], "tools": [...] or null, "documents": ...,
//    "add_generation_prompt": bool, "kwargs": {...}, "date": "2026-03-05"}
// and one answer per line: {"text", "data": [[begin, end], ...], "generated": [...] or null} or {"error"}.
#include <iostream>
#include <map>

#include "text/chat/template.h"

namespace selfreward {
namespace {

Json pairs(const ByteRanges& ranges) {
  Json list = Json::array();
  for (const ByteRange& range : ranges) list.push_back({range.begin, range.end});
  return list;
}

const std::string& source_of(const std::string& path) {
  static std::map<std::string, std::string> sources;
  const auto [entry, is_new] = sources.try_emplace(path);
  if (is_new) entry->second = read_file(path);
  return entry->second;
}

/// As ChatTemplate does it, with documents, which no row of ours has.
Rendering render_with_documents(const std::string& source, const Json& request) {
  Json variables = request["special_tokens"];
  variables.update(request["kwargs"]);
  variables["add_generation_prompt"] = request["add_generation_prompt"];
  Json data;
  for (const char* name : {"messages", "tools", "documents"}) data[name] = request[name];
  return JinjaTemplate(source).render(variables, data, template_date(request["date"]));
}

Json answer(const Json& request) {
  try {
    const std::string& source = source_of(request["template"]);
    const TemplateSettings settings{request["kwargs"].dump(), request["date"]};
    const Rendering rendering =
        request["documents"].is_null()
            ? ChatTemplate(source, request["special_tokens"], settings)
                  .rendering(request["messages"], request["add_generation_prompt"], {request["tools"]})
            : render_with_documents(source, request);
    return {{"text", rendering.text},
            {"data", pairs(rendering.data)},
            {"generated", rendering.generated ? pairs(*rendering.generated) : Json()}};
  } catch (const Error& e) {
    return {{"error", e.what()}};
  }
}

}  // namespace
}  // namespace selfreward

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << selfreward::to_line(selfreward::answer(selfreward::parse_json(line, "the request")));
}
