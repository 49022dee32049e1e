#include "model/gguf/sentencepiece.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"

namespace selfreward {
namespace {

using Ids = std::unordered_map<std::string_view, size_t>;

Ids normal_ids(const std::vector<std::string>& tokens, const std::vector<GgufTokenType>& types) {
  Ids ids;
  for (size_t id = 0; id < tokens.size(); ++id)
    if (types[id] == GgufTokenType::normal) ids.emplace(tokens[id], id);
  return ids;
}

struct Candidate {
  float score;
  size_t left_size, right_size;  // in characters
  size_t left, right;            // ids
};

/// The ways to make `token` of two normal tokens, by the ids of the parts.
std::vector<Candidate> splits(const std::string& token, float score, const Ids& ids) {
  std::vector<Candidate> found;
  const std::vector<size_t> places = inner_characters(token);
  for (size_t i = 0; i < places.size(); ++i) {
    const auto left = ids.find(std::string_view(token).substr(0, places[i]));
    const auto right = ids.find(std::string_view(token).substr(places[i]));
    if (left != ids.end() && right != ids.end())
      found.push_back({score, i + 1, places.size() - i, left->second, right->second});
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.left, a.right) < std::tie(b.left, b.right);
  });
  return found;
}

/// Every character of a token must be a token: llama.cpp would join what tokenizer.json has as bytes.
void check_characters(const std::string& token, const Ids& ids, const std::string& where) {
  std::vector<size_t> places = inner_characters(token);
  places.push_back(token.size());
  size_t begin = 0;
  for (const size_t end : places) {
    check(ids.contains(std::string_view(token).substr(begin, end - begin)), "[gguf] ", where, ": token \"",
          token, "\" has a character that is no token; llama.cpp's SentencePiece cannot say that");
    begin = end;
  }
}

}  // namespace

bool phi3_strips_right(const std::string& token) {
  return token != "<unk>" && token != "<s>" && token != "<|endoftext|>";
}

std::vector<size_t> inner_characters(const std::string& text) {
  std::vector<size_t> places;
  for (size_t i = 1; i < text.size(); ++i)
    if (!is_continuation_byte(text[i])) places.push_back(i);
  return places;
}

TokenMerges merges_of_scores(const std::vector<std::string>& tokens, const std::vector<GgufTokenType>& types,
                             const std::vector<float>& scores) {
  const Ids ids = normal_ids(tokens, types);
  std::vector<Candidate> all;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (types[id] != GgufTokenType::normal) continue;
    const auto found = splits(tokens[id], scores[id], ids);
    all.insert(all.end(), found.begin(), found.end());
  }
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::tie(a.score, a.left_size, a.right_size) > std::tie(b.score, b.left_size, b.right_size);
  });
  TokenMerges merges;
  for (const Candidate& merge : all) merges.emplace_back(tokens[merge.left], tokens[merge.right]);
  return merges;
}

std::vector<float> scores_of_merges(const std::vector<std::string>& tokens,
                                    const std::vector<GgufTokenType>& types, const TokenMerges& merges,
                                    const std::string& where) {
  const Ids ids = normal_ids(tokens, types);
  std::map<size_t, size_t> pairs;  // of each result
  std::vector<float> scores(tokens.size(), 0);
  float next = 0;
  size_t last = tokens.size();
  for (const auto& [left, right] : merges) {
    const auto result = ids.find(left + right);
    if (result == ids.end()) continue;  // of a token that is found before anything is merged
    const size_t id = result->second;
    check(id == last || !pairs.contains(id), "[gguf] ", where, ": the merges that make \"", tokens[id],
          "\" do not stand together, so SentencePiece scores cannot say them");
    if (id != last) scores[id] = next--;
    last = id;
    ++pairs[id];
  }
  for (const auto& [token, id] : ids) {
    const size_t wanted = splits(tokens[id], 0, ids).size(), found = pairs.contains(id) ? pairs[id] : 0;
    check(found == wanted, "[gguf] ", where, ": token \"", tokens[id], "\" can be made of ", wanted,
          " pairs of tokens, but ", found, " of them are merges; SentencePiece scores cannot say that");
    check_characters(tokens[id], ids, where);
    if (found == 0) scores[id] = next - 1;
  }
  return scores;
}

}  // namespace selfreward
