#pragma once
// The world "words": a prompt asks for a word of five properties, an answer is its letters, and the gold
// score is the number of requirements that are met, 0 to 5 (docs/results.md).
//   write a word : starts c , 2 vowels , no repeats , 5 letters , ends g    ->    c i d a g
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace selfreward::playground {

inline constexpr std::string_view kLetters = "abcdefghijkl";
inline constexpr std::string_view kVowels = "aei";
inline constexpr size_t kNumRequirements = 5;

enum class Kind { length, starts, ends, has, avoids, second, no_repeats, vowels };
inline constexpr size_t kNumKinds = 8;

/// One property of a word. `letter` has a meaning for starts, ends, has, avoids and second, `number` for
/// length and vowels.
struct Requirement {
  Kind kind = Kind::length;
  char letter = 'a';
  int number = 0;
  bool operator==(const Requirement&) const = default;
};
using Requirements = std::vector<Requirement>;

/// Requirements in the order of the prompt, and which of the openings() begins it.
struct Request {
  size_t opening = 0;
  Requirements requirements;
  bool operator==(const Request&) const = default;
};

/// The ways to begin a prompt: "write a word", ...
const std::vector<std::string>& openings();

/// "starts c", "2 vowels", "no repeats".
std::string render(const Requirement& requirement);
/// The prompt.
std::string render(const Request& request);
/// The request that `prompt` states, white space at its ends aside; nullopt unless it has five requirements
/// of five different kinds in exactly the form of render().
std::optional<Request> parse_request(std::string_view prompt);

/// "cidag" -> "c i d a g".
std::string render_word(std::string_view word);
/// "c i d a g" -> "cidag"; an answer of any other form is the empty word, which meets nothing.
std::string parse_word(std::string_view answer);

bool is_met(const Requirement& requirement, std::string_view word);
/// How many of the requirements `word` meets.
int gold_score(const Requirements& requirements, std::string_view word);

}  // namespace selfreward::playground
