#pragma once
// The part of Jinja2 that chat templates of Hugging Face checkpoints use, with transformers' settings
// (trim_blocks, lstrip_blocks, loop controls, sandbox). A construct that is not supported is an error that
// names it. Nesting, sizes and work are bounded, so that no template crashes or hangs.
//   JinjaTemplate("{{ messages[0]['content'] | trim }}").render({{"messages", ...}});
#include <ctime>
#include <memory>
#include <string>

#include "base/json.h"
#include "text/jinja/rendering.h"

namespace selfreward {

class JinjaTemplate {
 public:
  /// Parses the template; a syntax error or an unsupported tag names the line and what was found. A filter,
  /// test or method that is not supported is an error of render(), and only where it is reached.
  explicit JinjaTemplate(const std::string& source);
  /// The text of the template with `variables` (a JSON object) in scope, as of today; errors name the line.
  std::string render(const Json& variables) const;
  /// The same, and where the text comes from: the strings of `data` ("messages", "tools" ...) are followed
  /// through the template; the roles of messages are names and count as the template's. `date` is what
  /// strftime_now says.
  Rendering render(const Json& variables, const Json& data, const std::tm& date) const;
  /// Whether the template has {% generation %} blocks.
  bool marks_generation() const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;
};

}  // namespace selfreward
