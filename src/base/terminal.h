#pragma once
// Standard output and standard error as people and other programs want them.

namespace selfreward {

/// Whether escape sequences (colours, movements of the cursor) may be written to a descriptor: a terminal
/// that knows them (TERM is not dumb), of a user who does not ask for plain text (NO_COLOR,
/// https://no-color.org).
bool takes_escapes(int descriptor);

/// Writes out what standard output still holds. An Error with the system's reason where that, or anything
/// written before, has failed: a full disk must not end with success.
void finish_standard_output();

}  // namespace selfreward
