#pragma once
// Nothing of a conversation is lost in silence: what a chat template was given must show in what it wrote.
#include <functional>

#include "data/records.h"
#include "text/jinja/template.h"

namespace selfreward {

/// The text that a template writes of messages and inputs; an Error where it refuses them.
using RenderText = std::function<std::string(const Json& messages, const TemplateInputs& inputs)>;

/// Error that names what `made`, the template's rendering of `messages` and `inputs`, does not show: the
/// content of a message, one of its tool calls, the reasoning of a last message that is not to be answered
/// (templates leave out that of earlier ones on purpose), or the tools. A part is lost where the template
/// writes the same text without it. Costs one search of the text where all contents stand in it in order,
/// and a rendering by `render` or two where they do not, or where there are tools.
void check_nothing_lost(const Json& messages, bool add_generation_prompt, const TemplateInputs& inputs,
                        const Rendering& made, const RenderText& render);

/// The name that the reasoning of a message has in it, as transformers looks for it ("reasoning_content",
/// "thinking", "reasoning"); null where it has none.
const char* reasoning_name(const Json& message);

}  // namespace selfreward
