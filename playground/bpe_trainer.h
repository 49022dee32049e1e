#pragma once
// A byte-level BPE vocabulary (as GPT-2's) trained to the end: every word of the texts becomes one token.
//   const Bpe bpe = train_bpe({" write a word : starts c", ...});
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace selfreward::playground {

/// Symbols are spelled as in tokenizer.json, "Ġ" for a space.
struct Bpe {
  std::vector<std::string>
      vocabulary;  // the symbols of the 256 bytes by code point, then one token per merge
  std::vector<std::pair<std::string, std::string>> merges;
};

/// Splits the texts with GPT-2's pattern (Hugging Face's ByteLevel pre-tokenizer, use_regex) and merges the
/// most frequent pair of neighbours, of equals the one that is first in the vocabulary, until nothing is left
/// to merge.
Bpe train_bpe(const std::vector<std::string>& texts);

/// `text` with each byte as its printable symbol: " write" -> "Ġwrite".
std::string byte_level(std::string_view text);

}  // namespace selfreward::playground
