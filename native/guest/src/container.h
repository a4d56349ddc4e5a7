#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "process.h"
#include "spec.h"

/* Held: its processes stand still, so that it can be frozen, and those of a frozen one until they may go on. */
enum container_state {
  CONTAINER_IDLE = 0,
  CONTAINER_RUNNING = 1,
  CONTAINER_ENDED = 2,
  CONTAINER_MOUNTED = 3,
  CONTAINER_HELD = 4,
};

struct container {
  enum container_state state;
  uint32_t run;
  bool stdin_once;
  bool no_new_privileges;
  uint64_t capabilities;
  /* The kernel's count of processes killed for want of memory, before the start. */
  uint64_t oom_kills;
  struct sockets *sockets;
};

/* Mounts the disk, notes the start in the log, starts the first process. */
int container_start(struct container *container, struct processes *processes, const struct spec *spec,
                    struct failure *failure);
void container_send_exit(struct link *link, uint32_t channel, int code, bool oom_killed);
/* Mounts the disk over the image and starts nothing: for tools on a container that does not run. */
int container_mount(struct container *container, const struct mounts *mounts, struct failure *failure);
/* Writes the disk out, then the exit record, tells the host, and turns the VM off. */
_Noreturn void container_end(struct container *container, struct processes *processes, int code);
/* The same for one that was only mounted: nothing is noted. */
_Noreturn void container_finish(struct container *container, struct processes *processes);
