#pragma once
// The "post_processor" of tokenizer.json: the special tokens around one sequence (<s> before it, ...).
//   ByteLevel (changes no ids), RobertaProcessing, TemplateProcessing, and Sequence of them.
#include "data/records.h"
#include "text/tokenizer/json.h"

namespace selfreward {

class PostProcessor {
 public:
  PostProcessor() = default;
  explicit PostProcessor(const JsonPart& json);

  /// `ids` between the special tokens.
  TokenIds surround(TokenIds ids) const;

 private:
  void read_template(const JsonPart& json);
  void add(const TokenIds& before, const TokenIds& after);

  TokenIds before_, after_;
};

}  // namespace selfreward
