#pragma once
// Verdicts on single requirements (VerdictRow): what eft.source: verdicts reads.
#include "base/files.h"
#include "data/records.h"

namespace selfreward {

/// The rows of a file or directory in any container that rows/rows.h reads: "requirement", "answer", "met", and
/// perhaps "prompt", "evidence", "kind", "id" (else the file's name and the number of the row). Throws Error with
/// file, line and reason for a row that is wrong, and for rows of another form.
std::vector<VerdictRow> read_verdicts(const fs::path& path);

}  // namespace selfreward
