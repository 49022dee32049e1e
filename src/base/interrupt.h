#pragma once
// Ctrl-C and SIGTERM set a flag; long loops ask for it between two units of work and stop cleanly.

namespace selfreward {

/// Installs the handlers; a second Ctrl-C ends the process at once.
void install_interrupt_handlers();

/// Whether the user has asked to stop.
bool stop_is_requested();
/// Throws Interrupted when the user has asked to stop.
void throw_if_interrupted();

}  // namespace selfreward
