#include "base/version.h"

namespace selfreward {

const char* program_version() {
  return SELFREWARD_VERSION;
}

}  // namespace selfreward
