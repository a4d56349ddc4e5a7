#include "hold.h"

#include <string.h>
#include <time.h>

#include "file.h"
#include "paths.h"

enum { FREEZE_MS = 2000, STEP_MS = 1 };

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

void release_processes(void) { (void)write_file(CGROUP_FOLDER "/cgroup.freeze", "0"); }
