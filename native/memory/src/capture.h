#pragma once
#include <sys/types.h>

#include <cstdint>

namespace ramet {

struct Capture {
  // Pages that the process alone holds, and those of them that the file did not have.
  uint64_t pages = 0;
  uint64_t written = 0;
};

// Brings `fd`, a file of `bytes`, up to what `pid` has at `address` on: pages of its own are read, and written where
// the file has another content. Pages that it maps from a file are taken to be in `fd` already, and those that it
// never touched too. Throws std::system_error.
Capture capture(pid_t pid, uint64_t address, uint64_t bytes, int fd);

}  // namespace ramet
