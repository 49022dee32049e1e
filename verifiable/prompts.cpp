#include "verifiable/prompts.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "verifiable/compose.h"
#include "verifiable/compose_words.h"
#include "verifiable/phrases.h"

namespace selfreward::verifiable {
namespace {

using K = RequirementKind;

constexpr uint64_t kAttempts = 200;

// What may be asked beside a category's own requirement; a kind that is listed twice is drawn twice as much.
const std::map<std::string, std::vector<K>> kKinds = {
    {"text", {K::sentences, K::sentences, K::sentences,  K::words,        K::words,       K::include,
              K::include,   K::include,   K::exclude,    K::exclude,      K::lower_case,  K::upper_case,
              K::title,     K::heading,   K::paragraphs, K::starts_with,  K::starts_with, K::ends_with,
              K::ends_with, K::forbid,    K::forbid,     K::no_repetition}},
    {"list",
     {K::include, K::include, K::exclude, K::words, K::lower_case, K::upper_case, K::title, K::heading,
      K::ends_with, K::starts_with, K::forbid}},
    {"json", {K::include, K::lower_case, K::words, K::forbid}},
    {"language", {K::sentences, K::sentences, K::words, K::forbid, K::ends_with, K::title, K::paragraphs}},
    {"choice", {K::sentences, K::sentences, K::words, K::include, K::forbid, K::ends_with, K::exclude}},
    {"letter",
     {K::sentences, K::words, K::include, K::include, K::exclude, K::ends_with, K::forbid, K::title,
      K::paragraphs}},
};

const std::vector<std::vector<std::string>> kKeys = {{"name", "use"},           {"name", "place", "color"},
                                                     {"topic", "reason"},       {"title", "summary"},
                                                     {"name", "size", "price"}, {"subject", "example"}};

template <typename T>
const T& pick(const std::vector<T>& from, const Seed& seed) {
  return from[seed.below(0, from.size())];
}

Requirement counted(K kind, std::optional<int64_t> min, std::optional<int64_t> max) {
  return {kind, min, max, {}, ""};
}

/// A count: exactly, at most or at least.
Requirement any_count(K kind, const std::vector<int64_t>& exact, const std::vector<int64_t>& most,
                      const std::vector<int64_t>& least, const Seed& seed) {
  const Seed value = seed.child("value");
  switch (seed.below(0, 3)) {
    case 0:
      return counted(kind, pick(exact, value), pick(exact, value));
    case 1:
      return counted(kind, std::nullopt, pick(most, value));
    default:
      return counted(kind, pick(least, value), std::nullopt);
  }
}

Requirement words_count(const Seed& seed) {
  const Seed value = seed.child("value");
  if (seed.below(0, 3) == 0)
    return counted(K::words, std::nullopt, pick<int64_t>({30, 40, 50, 60, 80}, value));
  if (seed.below(0, 3) == 1)
    return counted(K::words, pick<int64_t>({15, 20, 25, 30, 40}, value), std::nullopt);
  const int64_t low = pick<int64_t>({15, 20, 30}, value);
  return counted(K::words, low, 2 * low);
}

Requirement list_points(const Seed& seed) {
  const Seed value = seed.child("value");
  const int64_t count = pick<int64_t>({3, 4, 5}, value);
  if (seed.below(0, 4) == 0) return counted(K::numbered, count, count);
  if (seed.below(0, 4) == 1) return counted(K::bullets, 3, std::nullopt);
  if (seed.below(0, 4) == 2) return counted(K::bullets, 1, count);
  return counted(K::bullets, count, count);
}

std::vector<std::string> some_words(const std::vector<std::string>& from, const Seed& seed) {
  std::vector<std::string> words;
  const size_t count = 1 + (seed.below(0, 3) == 0);
  for (const size_t i : seed.child("which").permutation(from.size()))
    if (words.size() < count) words.push_back(from[i]);
  return words;
}

Requirement with_words(K kind, std::vector<std::string> words) {
  return {kind, std::nullopt, std::nullopt, std::move(words), ""};
}
Requirement with_text(K kind, std::string text) {
  return {kind, std::nullopt, std::nullopt, {}, std::move(text)};
}

Requirement draw(K kind, const Topic& topic, const std::string& wordings, const Seed& seed) {
  switch (kind) {
    case K::sentences:
      return any_count(kind, {2, 3, 4}, {2, 3, 4, 5}, {2, 3, 4}, seed);
    case K::words:
      return words_count(seed);
    case K::paragraphs: {
      const int64_t count = pick<int64_t>({2, 3}, seed);
      return counted(kind, count, count);
    }
    case K::include:
      return with_words(kind, some_words(topic.items, seed));
    case K::exclude:
      return with_words(kind, some_words(avoidable_words(), seed));
    case K::starts_with:
      return with_text(kind, pick(starts(wordings), seed));
    case K::ends_with:
      return with_text(kind, seed.below(1, 5) < 2 ? "?" : pick(ends(wordings), seed));
    case K::forbid:
      return with_text(kind, pick<std::string>({",", ",", "!", "?"}, seed));
    default:
      return {kind, std::nullopt, std::nullopt, {}, ""};
  }
}

/// What every prompt of the category asks for.
Requirements own_requirements(const std::string& category, const Topic& topic, const Seed& seed) {
  if (category == "list") return {list_points(seed)};
  if (category == "json") return {with_words(K::json, pick(kKeys, seed))};
  if (category == "language")
    return {with_text(K::language, pick<std::string>({"fr", "es", "de", "it"}, seed))};
  if (category == "choice") return {with_words(K::choice, topic.options)};
  if (category == "letter") return {counted(K::placeholders, pick<int64_t>({2, 2, 3}, seed), std::nullopt)};
  return {};
}

bool has_kind(const Requirements& all, K kind) {
  return std::any_of(all.begin(), all.end(), [&](const Requirement& r) { return r.kind == kind; });
}

/// One to four requirements in mixed order, two or three most often.
Requirements draw_requirements(const std::string& category, const Topic& topic, const std::string& wordings,
                               const Seed& seed) {
  Requirements all = own_requirements(category, topic, seed.child("own"));
  const size_t wanted = pick<size_t>({1, 2, 2, 2, 3, 3, 3, 4}, seed.child("number"));
  const std::vector<K>& kinds = kKinds.at(category);
  for (const size_t i : seed.child("kinds").permutation(kinds.size()))
    if (all.size() < wanted && !has_kind(all, kinds[i]))
      all.push_back(draw(kinds[i], topic, wordings, seed.child("draw", i)));
  Requirements mixed;
  for (const size_t i : seed.child("order").permutation(all.size())) mixed.push_back(all[i]);
  return mixed;
}

/// Upper and lower case, a title and a heading, all at once: too much for one answer.
bool can_be_met(const Requirements& all, const Topic& topic, const Seed& seed) {
  if (has_kind(all, K::title) && has_kind(all, K::heading)) return false;
  return check_requirements(all, "", compose({all, {}}, topic, seed)).all_met();
}

void word(Requirements& all, const std::string& wordings, const Seed& seed) {
  for (size_t i = 0; i < all.size(); ++i) all[i].wording = phrase(all[i], wordings, seed.child("phrase", i));
}

std::string prompt_text(const std::string& category, const Requirements& all, const Topic& topic,
                        const Seed& seed) {
  std::string asked;
  for (const Requirement& r : all) asked += (asked.empty() ? "" : " ") + r.wording;
  const std::string about = opening(category, topic, seed.child("opening"));
  const bool last = category != "choice" && seed.below(0, 5) == 0;
  return last ? asked + " " + about : about + " " + asked;
}

std::string topic_category(const std::string& category) {
  return category == "choice" ? "question" : category == "letter" ? "letter" : "noun";
}

std::string id_of(const std::string& name, size_t number) {
  return name + "-" + zero_padded(number, 3);
}

MadePrompt make_prompt(const std::string& category, const Topic& topic, const std::string& wordings,
                       const Seed& seed, std::set<std::string>& taken) {
  for (uint64_t i = 0; i < kAttempts; ++i) {
    const Seed attempt = seed.child(i);
    Requirements all = draw_requirements(category, topic, wordings, attempt);
    word(all, wordings, attempt);
    const std::string text = prompt_text(category, all, topic, attempt);
    if (!can_be_met(all, topic, attempt.child("answer")) || !taken.insert(text).second) continue;
    return {{"", text, "verifiable", category, all}, topic};
  }
  fail("[verifiable] no ", category, " prompt about '", topic.name, "' was found in ", kAttempts,
       " attempts");
}

}  // namespace

std::vector<MadePrompt> make_prompts(const std::vector<Topic>& topics, const PromptSet& set, const Seed& seed,
                                     std::set<std::string>& taken) {
  const auto& [name, split, shares, wordings] = set;
  std::vector<MadePrompt> made, mixed;
  for (const auto& [category, count] : shares) {
    const auto pool = topics_of(topics, topic_category(category), split);
    check(count == 0 || !pool.empty(), "[verifiable] topics.jsonl has no topic of the category ",
          topic_category(category), " and the split ", split, ", of which ", count, " prompts are wanted");
    const Seed here = seed.child(name, category);
    const auto order = here.permutation(pool.size());
    for (size_t i = 0; i < static_cast<size_t>(count); ++i)
      made.push_back(make_prompt(category, pool[order[i % order.size()]], wordings, here.child(i), taken));
  }
  for (const size_t i : seed.child(name, "mix").permutation(made.size())) {
    mixed.push_back(made[i]);
    mixed.back().row.id = id_of(name, mixed.size());
  }
  return mixed;
}

}  // namespace selfreward::verifiable
