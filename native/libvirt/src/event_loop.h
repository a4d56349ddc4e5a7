#pragma once

namespace ramet {

// Starts libvirt's own event loop on a thread of its own, once in a process; it must run before the first connection
// is made, and the embedded QEMU driver does nothing without it.
void start_event_loop();

}  // namespace ramet
