#pragma once

namespace selfreward {

/// The program's version, as "0.1.0".
const char* program_version();

}  // namespace selfreward
