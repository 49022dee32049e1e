#pragma once
// How a layer weighs the keys that a query sees: scale, window and softcap, on every device.
#include <cstdint>

namespace selfreward {

/// What a layer's attention does; the defaults are those of Llama.
struct AttentionOptions {
  double scale = 0;    // of the scores; 0: 1 / sqrt(head_dim)
  int64_t window = 0;  // a query sees keys less than `window` positions before it, itself included; 0: all
  double softcap = 0;  // scores become softcap * tanh(score / softcap), before masking (Gemma 2); 0: off
};

}  // namespace selfreward
