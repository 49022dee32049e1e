#pragma once
// The part of Jinja2 that chat templates of Hugging Face checkpoints use, with transformers' settings
// (trim_blocks, lstrip_blocks, loop controls, sandbox). A construct that is not supported is an error that
// names it. Nesting, sizes and work are bounded, so that no template crashes or hangs.
//   JinjaTemplate("{{ messages[0]['content'] | trim }}").render({{"messages", ...}});
#include <memory>
#include <string>

#include "base/json.h"

namespace selfreward {

class JinjaTemplate {
 public:
  /// Parses the template; a syntax error or an unsupported tag names the line and what was found. A filter,
  /// test or method that is not supported is an error of render(), and only where it is reached.
  explicit JinjaTemplate(const std::string& source);
  /// The text of the template with `variables` (a JSON object) in scope; errors name the line.
  std::string render(const Json& variables) const;

 private:
  struct Node;
  std::shared_ptr<const Node> root_;
};

}  // namespace selfreward
