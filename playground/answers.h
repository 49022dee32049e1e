#pragma once
// Random requests, and answers of every quality: a draft aims at some of the requirements and usually hits.
//   const Request request = make_request(seed.child("request", i));
//   const std::string careless = noisy_word(request.requirements, /*aim=*/0.5, seed.child("answer", i));
#include "base/seed.h"
#include "playground/words.h"

namespace selfreward::playground {

/// A request that can be met: its length (3 to 6) and four other kinds in random order.
Request make_request(const Seed& seed);

/// A word that aims at every one of `aims`; later repairs may undo earlier ones, so it can miss.
/// Without a length among the aims it has 3 to 8 letters.
std::string draft_word(const Requirements& aims, const Seed& seed);

/// A draft that aims at each requirement with probability `aim` and ignores the others.
std::string noisy_word(const Requirements& requirements, double aim, const Seed& seed);

/// A word that meets everything, or nullopt when none of `tries` drafts does.
std::optional<std::string> find_word(const Requirements& requirements, int tries, const Seed& seed);

/// A word that meets everything; for requests of make_request(), which can be met.
std::string clean_word(const Requirements& requirements, const Seed& seed);

}  // namespace selfreward::playground
