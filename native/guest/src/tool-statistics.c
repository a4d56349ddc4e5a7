#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"
#include "tool.h"

static uint64_t number_in(const char *path, const char *name) {
  SCOPED_FREE char *text = read_file(path, 1 << 16);
  const char *found = text == NULL ? NULL : strstr(text, name);
  return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 10);
}

static void put(const char *name, uint64_t value) { printf("%s=%" PRIu64 "%c", name, value, 0); }

static uint64_t processes(void) {
  SCOPED_FREE char *list = read_file(CGROUP_FOLDER "/cgroup.procs", 1 << 20);
  uint64_t count = 0;
  for (const char *at = list; at != NULL && (at = strchr(at, '\n')) != NULL; at++) count++;
  return count;
}

int tool_statistics(char **arguments, struct failure *failure) {
  static const char *const counters[] = {"rx_bytes", "rx_packets", "rx_errors", "rx_dropped",
                                         "tx_bytes", "tx_packets", "tx_errors", "tx_dropped"};
  (void)arguments;
  (void)failure;
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
    char path[96];
    snprintf(path, sizeof path, "/sys/class/net/eth0/statistics/%s", counters[i]);
    put(counters[i], number_in(path, ""));
  }
  put("pids", processes());
  put("memory_total", number_in("/proc/meminfo", "MemTotal:") * 1024);
  put("memory_available", number_in("/proc/meminfo", "MemAvailable:") * 1024);
  put("memory_cached", number_in("/proc/meminfo", "\nCached:") * 1024);
  put("cpu_usage_ns", number_in(CGROUP_FOLDER "/cpu.stat", "usage_usec ") * 1000);
  put("online_cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
  return 0;
}
