#include "hold.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "holders.h"
#include "paths.h"

/* Files are often open for a moment only. */
enum { FREEZE_MS = 2000, STEP_MS = 1, TRIES = 5, BETWEEN_MS = 20 };

static bool frozen(void) {
  SCOPED_FREE char *events = read_file(CGROUP_FOLDER "/cgroup.events", 4096);
  return events != NULL && strstr(events, "frozen 1") != NULL;
}

bool hold_processes(void) {
  const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
  if (write_file(CGROUP_FOLDER "/cgroup.freeze", "1") < 0) return false;
  for (int waited = 0; waited < FREEZE_MS; waited += STEP_MS) {
    if (frozen()) return true;
    nanosleep(&step, NULL);
  }
  return false;
}

int hold_for_copy(pid_t first, struct failure *failure) {
  const struct timespec between = {.tv_nsec = BETWEEN_MS * 1000000};
  for (int tries = 0; tries < TRIES; tries++) {
    bool halted = hold_processes();
    if (halted && holders_find(first, failure) == 0) return 0;
    release_processes();
    if (!halted) return fail(failure, "GUEST_ERROR", "a process of the container cannot be halted now; try again");
    nanosleep(&between, NULL);
  }
  return -1;
}

void release_processes(void) { (void)write_file(CGROUP_FOLDER "/cgroup.freeze", "0"); }
