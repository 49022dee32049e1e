#pragma once
// A layer of which only the input is kept; its backward pass runs the forward pass again first (Chen et al.
// 2016, arXiv 1604.06174). Gradients of the layer's parameters are added to them in the inner pass.
#include <functional>

#include "model/layers/layers.h"

namespace selfreward {

using RunLayer = std::function<Stream(const Stream&, Dropout*)>;

/// run(in, dropout) with gradients. The backward pass outlives this call, so `run` must own what it uses.
Stream recomputed(const Stream& in, const RunLayer& run, Dropout* dropout);

}  // namespace selfreward
