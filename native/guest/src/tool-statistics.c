#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "paths.h"
#include "tool.h"

#define INTERFACES "/sys/class/net"

static uint64_t number_in(const char *path, const char *name) {
  SCOPED_FREE char *text = read_file(path, 1 << 16);
  const char *found = text == NULL ? NULL : strstr(text, name);
  return found == NULL ? 0 : strtoull(found + strlen(name), NULL, 10);
}

static void put(const char *name, uint64_t value) { printf("%s=%" PRIu64 "%c", name, value, 0); }

static void put_interface(const char *interface) {
  static const char *const counters[] = {"rx_bytes", "rx_packets", "rx_errors", "rx_dropped",
                                         "tx_bytes", "tx_packets", "tx_errors", "tx_dropped"};
  for (size_t i = 0; i < sizeof counters / sizeof *counters; i++) {
    char path[512], name[320];
    snprintf(path, sizeof path, INTERFACES "/%s/statistics/%s", interface, counters[i]);
    snprintf(name, sizeof name, "%s.%s", interface, counters[i]);
    put(name, number_in(path, ""));
  }
}

static void put_interfaces(void) {
  DIR *interfaces = opendir(INTERFACES);
  for (struct dirent *entry; interfaces != NULL && (entry = readdir(interfaces)) != NULL;) {
    if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lo") != 0) put_interface(entry->d_name);
  }
  if (interfaces != NULL) closedir(interfaces);
}

int tool_statistics(char **arguments, struct failure *failure) {
  (void)arguments;
  (void)failure;
  put_interfaces();
  put("pids", number_in(CGROUP_FOLDER "/pids.current", ""));
  put("cpu_usage_ns", number_in(CGROUP_FOLDER "/cpu.stat", "usage_usec ") * 1000);
  put("memory_total", number_in("/proc/meminfo", "MemTotal:") * 1024);
  put("memory_available", number_in("/proc/meminfo", "MemAvailable:") * 1024);
  put("memory_cached", number_in("/proc/meminfo", "\nCached:") * 1024);
  return 0;
}
