#pragma once
// Ctrl-C and SIGTERM set a flag; long loops ask for it between two units of work and stop cleanly.

namespace selfreward {

/// Installs the handlers; a second Ctrl-C ends the process at once.
void install_interrupt_handlers();

/// Whether the user has asked to stop.
bool stop_is_requested();
/// What a program that a signal stopped returns: 130 after SIGINT, 143 after SIGTERM.
int interrupted_exit_code();
/// Throws Interrupted when the user has asked to stop.
void throw_if_interrupted();

/// Whether Ctrl-C was pressed, which is forgotten by that: for a program that talks, where it stops an answer
/// and not the program. SIGTERM is never forgotten.
bool take_interrupt();

/// Waits until `descriptor` can be read (or is at its end); false where the user asks to stop meanwhile.
bool wait_for_input(int descriptor);

}  // namespace selfreward
