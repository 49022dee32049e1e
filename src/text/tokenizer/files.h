#pragma once
// The files of a checkpoint's tokenizer, taken together as transformers 5 takes them: tokenizer.json says how
// a text is cut; tokenizer_config.json and older files beside it name special tokens, add tokens, and hold
// chat templates.
//   const TokenizerFiles files = read_tokenizer_files("M0");
//   const Json settings = tokenizer_settings(files, "M0");
#include <map>
#include <string>

#include "base/json.h"

namespace selfreward {

/// Names below the checkpoint's directory ("additional_chat_templates/tool_use.jinja") and contents.
using TokenizerFiles = std::map<std::string, std::string>;

/// Those that `dir` has, files of other kinds that travel with a tokenizer (tokenizer.model) among them.
TokenizerFiles read_tokenizer_files(const fs::path& dir);

/// tokenizer_config.json, an empty object where there is none. special_tokens_map.json goes before it, unless
/// it has added_tokens_decoder: then that file is of another time and not looked at. `where` is the
/// directory, for errors here and below.
Json tokenizer_settings(const TokenizerFiles& files, const std::string& where);

/// The special tokens that have a name, by it: bos_token, eos_token, image_token ...
std::map<std::string, std::string> named_tokens(const Json& settings);

/// tokenizer.json, its "added_tokens" completed by what `settings` say: the tokens of added_tokens_decoder
/// (or of added_tokens.json), then special tokens with and without a name. One that is a token already keeps
/// its id; a new one gets the next.
LookupJson completed_tokenizer_json(const TokenizerFiles& files, const Json& settings,
                                    const std::string& where);

struct TemplateSource {
  std::string text, file;
};
/// The chat templates by name, the usual one is "default". Files of their own (chat_template.jinja,
/// additional_chat_templates) go before the settings, those before chat_template.json.
std::map<std::string, TemplateSource> chat_templates(const TokenizerFiles& files, const Json& settings,
                                                     const std::string& where);

}  // namespace selfreward
