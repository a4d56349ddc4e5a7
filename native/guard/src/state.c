#include "state.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

struct state *state_make(const char *path) {
  /* A QEMU before this one may have the old one mapped still. */
  (void)unlink(path);
  int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return NULL;
  struct state *state = MAP_FAILED;
  if (ftruncate(fd, sizeof *state) == 0)
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (state == MAP_FAILED) return NULL;
  state->pid = (uint64_t)getpid();
  return state;
}
