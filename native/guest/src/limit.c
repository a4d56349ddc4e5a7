#include "limit.h"

#include <inttypes.h>
#include <stdio.h>

#include "fields.h"
#include "file.h"
#include "paths.h"

struct limits limits_read(const uint8_t *message, size_t length) {
  return (struct limits){
      .pids = field_number(message, length, START_PIDS_LIMIT, 0),
      .memory = field_number(message, length, START_MEMORY_LIMIT, 0),
      .cpu_quota = field_number(message, length, START_CPU_QUOTA, 0),
  };
}

static int set(const char *file, uint64_t limit, const char *suffix, const char *what, struct failure *failure) {
  char path[128], text[64];
  snprintf(path, sizeof path, "%s/%s", CGROUP_FOLDER, file);
  if (limit == 0)
    snprintf(text, sizeof text, "max%s", suffix);
  else
    snprintf(text, sizeof text, "%" PRIu64 "%s", limit, suffix);
  if (write_file(path, text) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot limit %s of the container", what);
}

int limits_set(const struct limits *limits, struct failure *failure) {
  char period[16];
  snprintf(period, sizeof period, " %d", LIMIT_PERIOD_US);
  if (set("pids.max", limits->pids, "", "the processes", failure) < 0) return -1;
  if (set("memory.max", limits->memory, "", "the memory", failure) < 0) return -1;
  return set("cpu.max", limits->cpu_quota, period, "the CPU time", failure);
}
