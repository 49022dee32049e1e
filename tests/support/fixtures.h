#pragma once
// Where the files lie that tests read.
#include "base/files.h"

namespace selfreward {

inline const fs::path kSource = SELFREWARD_SOURCE_DIR;
inline const fs::path kFixtures = kSource / "tests/fixtures";
inline const fs::path kTinyLlama = kFixtures / "tiny_llama";  // a random network with a real tokenizer
inline const fs::path kStories = kSource / "../shared/data/models/stories260K";  // only beside some checkouts

}  // namespace selfreward
