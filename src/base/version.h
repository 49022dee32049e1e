#pragma once
// Which selfreward this is.

namespace selfreward {

/// The program's version, as "0.1.0".
const char* program_version();

/// The commit that it was built from, as "6d70f0c", or "unknown".
const char* program_commit();

}  // namespace selfreward
