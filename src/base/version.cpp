#include "base/version.h"

namespace selfreward {

const char* program_version() {
  return SELFREWARD_VERSION;
}

const char* program_commit() {
  return SELFREWARD_COMMIT;
}

}  // namespace selfreward
