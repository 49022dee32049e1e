#include "text/jinja/template.h"

#include "text/jinja/interpreter.h"
#include "text/jinja/parser.h"

namespace selfreward {

struct JinjaTemplate::Node {
  jinja::Body body;
  bool marks_generation;
};

JinjaTemplate::JinjaTemplate(const std::string& source) {
  try {
    jinja::Parser parser(source);
    jinja::Body body = parser.parse();
    root_ = std::make_shared<const Node>(Node{std::move(body), parser.found_generation()});
  } catch (const Error& e) {
    fail("[template] ", e.what());
  }
}

std::string JinjaTemplate::render(const Json& variables) const {
  const std::time_t now = std::time(nullptr);
  std::tm date{};
  localtime_r(&now, &date);
  return render(variables, Json::object(), date).text;
}

Rendering JinjaTemplate::render(const Json& variables, const Json& data, const std::tm& date) const {
  try {
    return jinja::Interpreter(date).run(root_->body, variables, data);
  } catch (const Error& e) {
    fail("[template] ", e.what());
  }
}

bool JinjaTemplate::marks_generation() const {
  return root_->marks_generation;
}

}  // namespace selfreward
