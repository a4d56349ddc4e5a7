#include "release.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <string>
#include <system_error>

namespace ramet {

void release() {
  malloc_trim(0);
  std::ifstream maps("/proc/self/maps");
  if (!maps) throw std::system_error(errno, std::generic_category(), "cannot read the map of this process");
  for (std::string line; std::getline(maps, line);) {
    unsigned long start = 0, end = 0;
    char rights[5] = "", path[2] = "";
    int fields = sscanf(line.c_str(), "%lx-%lx %4s %*s %*s %*s %1s", &start, &end, rights, path);
    // Only code of files: nothing was ever written there, so that what the file has is what it was.
    if (fields != 4 || std::string(rights) != "r-xp" || *path != '/') continue;
    // What is locked stays.
    (void)madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
  }
}

}  // namespace ramet
