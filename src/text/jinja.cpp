#include "text/jinja.h"

#include "text/jinja_interpreter.h"
#include "text/jinja_parser.h"

namespace selfreward {

struct JinjaTemplate::Node {
  jinja::Body body;
};

JinjaTemplate::JinjaTemplate(const std::string& source) {
  try {
    root_ = std::make_shared<const Node>(Node{jinja::Parser(source).parse()});
  } catch (const Error& e) {
    fail("[template] ", e.what());
  }
}

std::string JinjaTemplate::render(const Json& variables) const {
  try {
    return jinja::Interpreter().run(root_->body, variables);
  } catch (const Error& e) {
    fail("[template] ", e.what());
  }
}

}  // namespace selfreward
