// How the process gets its memory: jemalloc takes the place of malloc, for LibTorch too, with settings that
// it finds in this variable. Tensors are made and freed all the time:
// - freed memory is kept (decay -1): page faults would cost a third of a training step;
// - in large pages (thp): misses of the address cache would cost a fifth of decoding;
// - in one arena, also for the largest tensors, and a hole may be filled by something 2^10 times smaller: so
//   little is lost between tensors (DPO on SmolLM2-135M: 0.45 GiB less than with glibc's malloc).
// Set MALLOC_CONF to try others.
extern "C" {
const char* malloc_conf =
    "thp:always,dirty_decay_ms:-1,muzzy_decay_ms:-1,narenas:1,oversize_threshold:0,lg_extent_max_active_fit:"
    "10";
}
