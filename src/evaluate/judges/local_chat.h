#pragma once
// A checkpoint on this machine as a judge.
#include "evaluate/judges/chat_reply.h"
#include "infer/generator.h"

namespace selfreward {

/// The reply to a question draws from seed.child(its id). `policy` must outlive the function. To be asked for
/// log-probabilities is an Error.
Chat local_chat(const Writer& writer);

}  // namespace selfreward
