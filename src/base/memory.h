#pragma once
// How the process gets its memory from the system.

namespace selfreward {

/// Starts the program anew, once, with glibc told to keep freed memory and to ask for large pages (its
/// tunables are read before main). Tensors are made and freed all the time: page faults cost a third of a
/// training step otherwise, and misses of the address cache a fifth of decoding. Does nothing where
/// GLIBC_TUNABLES is set already or the program cannot be started again.
void keep_memory_in_large_pages(char** argv);

}  // namespace selfreward
