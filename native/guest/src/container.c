#include "container.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "etc.h"
#include "fields.h"
#include "file.h"
#include "identify.h"
#include "log.h"
#include "mounts.h"
#include "paths.h"

enum { FAREWELL_MS = 1000, STEP_MS = 5 };

static uint64_t oom_kills(void) {
  SCOPED_FREE char *text = read_file("/proc/vmstat", 1 << 16);
  const char *line = text == NULL ? NULL : strstr(text, "\noom_kill ");
  return line == NULL ? 0 : strtoull(line + strlen("\noom_kill "), NULL, 10);
}

int container_start(struct container *container, struct processes *processes, const struct spec *spec,
                    struct failure *failure) {
  if (limits_set(&spec->limits, failure) < 0) return -1;
  if (disk_mount(failure) < 0) return -1;
  if (mounts_prepare(&spec->mounts, container->sockets, failure) < 0) return -1;
  if (etc_write(spec, identity_address(), failure) < 0) return -1;
  container->run = spec->run;
  processes->log_limit = spec->log_limit;
  container->stdin_once = spec->stdin_once;
  container->no_new_privileges = spec->no_new_privileges;
  container->capabilities = spec->capabilities;
  container->oom_kills = oom_kills();
  log_start(processes->log, spec->run);
  if (process_start(processes, FIRST_CHANNEL, spec, failure) < 0) return -1;
  container->state = CONTAINER_RUNNING;
  return 0;
}

void container_send_exit(struct link *link, uint32_t channel, int code, bool oom_killed) {
  uint8_t payload[32];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  field_put_u32(&writer, EXIT_CODE, (uint32_t)code);
  field_put_u32(&writer, EXIT_OOM_KILLED, oom_killed);
  link_send(link, FRAME_EXIT, channel, payload, writer.length);
}

static _Noreturn void power_off(struct link *link) {
  const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
  for (int waited = 0; link_wants_write(link) && waited < FAREWELL_MS; waited += STEP_MS) {
    nanosleep(&step, NULL);
    link_flush(link);
  }
  for (;;) {
    reboot(RB_POWER_OFF);
    nanosleep(&step, NULL);
  }
}

void container_end(struct container *container, struct processes *processes, int code) {
  bool oom_killed = oom_kills() > container->oom_kills;
  container->state = CONTAINER_ENDED;
  disk_unmount();
  mounts_end();
  log_exit(processes->log, container->run, (uint32_t)code, oom_killed);
  container_send_exit(processes->link, FIRST_CHANNEL, code, oom_killed);
  power_off(processes->link);
}

int container_mount(struct container *container, const struct mounts *mounts, struct failure *failure) {
  if (disk_mount(failure) < 0) return -1;
  if (mounts_prepare(mounts, container->sockets, failure) < 0 || mounts_show(mounts, failure) < 0) return -1;
  container->state = CONTAINER_MOUNTED;
  return 0;
}

void container_finish(struct container *container, struct processes *processes) {
  container->state = CONTAINER_ENDED;
  disk_unmount();
  mounts_end();
  link_send(processes->link, FRAME_OK, 0, NULL, 0);
  power_off(processes->link);
}
