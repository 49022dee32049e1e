#pragma once
// A checkpoint on this machine as a judge.
#include "evaluate/judges/chat_reply.h"
#include "infer/generator.h"

namespace selfreward {

/// The reply to a question draws from seed.child(its id). The writer's policy must outlive the function. Asked for
/// log-probabilities it tells those of params.is_choice, up to a constant that is the same for all tokens at a place.
Chat local_chat(const Writer& writer);

}  // namespace selfreward
