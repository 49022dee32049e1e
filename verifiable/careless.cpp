// Drafts that miss what they are told to miss (compose.h).
#include <algorithm>

#include "verifiable/compose.h"
#include "verifiable/compose_words.h"

namespace selfreward::verifiable {
namespace {

using K = RequirementKind;

Requirement exactly(Requirement r, int64_t count) {
  r.min = r.max = count;
  return r;
}

/// Another number than asked for; nothing where none is left.
std::optional<Requirement> other_count(const Requirement& r, const Seed& seed) {
  const int64_t step = 1 + static_cast<int64_t>(seed.below(0, 2));
  if (r.kind == K::words) {
    Requirement changed = r;
    changed.min = r.max ? std::optional(*r.max + 8) : std::nullopt;
    changed.max = r.max ? std::nullopt : std::optional(std::max<int64_t>(*r.min - 8, 6));
    return changed;
  }
  const bool more = r.max && (!r.min || *r.min < 3 || seed.below(1, 2) == 0);
  if (more) return exactly(r, *r.max + step);
  const int64_t fewer = *r.min - step;
  if (fewer < 1 || r.kind == K::paragraphs) return std::nullopt;
  return exactly(r, fewer);
}

std::optional<Requirement> missed_form(const Requirement& r, const Seed& seed) {
  switch (r.kind) {
    case K::sentences:
    case K::words:
    case K::paragraphs:
    case K::bullets:
    case K::numbered:
    case K::placeholders:
      return other_count(r, seed);
    case K::include:
      return Requirement{K::exclude, std::nullopt, std::nullopt, r.words, ""};
    case K::json: {
      Requirement fewer = r;
      fewer.words.pop_back();
      return seed.below(0, 2) == 0 && !fewer.words.empty() ? std::optional(fewer) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

std::vector<std::string> added_sentences(const Requirement& r, const Topic& topic) {
  if (r.kind == K::exclude) return {sentence_with(r.words.front())};
  if (r.kind == K::forbid) return {sentence_with_mark(r.text)};
  if (r.kind == K::no_repetition) return {topic.sentences.back(), topic.sentences.back()};
  return {};
}

}  // namespace

Draft careless_draft(const Requirements& requirements, const std::vector<bool>& missed, const Topic& topic,
                     const Seed& seed) {
  Draft draft;
  for (size_t i = 0; i < requirements.size(); ++i) {
    if (!missed[i]) {
      draft.requirements.push_back(requirements[i]);
      continue;
    }
    if (const auto form = missed_form(requirements[i], seed.child(i))) draft.requirements.push_back(*form);
    for (std::string& text : added_sentences(requirements[i], topic)) draft.extra.push_back(std::move(text));
  }
  return draft;
}

}  // namespace selfreward::verifiable
