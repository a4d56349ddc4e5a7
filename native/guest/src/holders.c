#include "holders.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device-of.h"
#include "file.h"
#include "mounts.h"

enum { PATH_ROOM = 320, LINE_ROOM = PATH_MAX + 256 };

struct devices {
  dev_t all[MOUNTS_MAX];
  size_t count;
};

/* The file systems that are shared from outside, as the agent has them mounted. */
static void find_devices(struct devices *devices) {
  char line[LINE_ROOM];
  FILE *mounts = fopen("/proc/self/mountinfo", "re");
  devices->count = 0;
  while (mounts != NULL && devices->count < MOUNTS_MAX && fgets(line, sizeof line, mounts) != NULL) {
    unsigned major, minor;
    if (strstr(line, " - 9p ") != NULL && sscanf(line, "%*d %*d %u:%u", &major, &minor) == 2)
      devices->all[devices->count++] = makedev(major, minor);
  }
  if (mounts != NULL) fclose(mounts);
}

static bool among(const struct devices *devices, dev_t device) {
  for (size_t i = 0; i < devices->count; i++) {
    if (devices->all[i] == device) return true;
  }
  return false;
}

static int held(const char *pid, const char *doing, const char *what, struct failure *failure) {
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "/proc/%s/comm", pid);
  SCOPED_FREE char *name = read_file(path, 64);
  snprintf(path, sizeof path, "/proc/%s/status", pid);
  SCOPED_FREE char *status = read_file(path, 1 << 14);
  /* As the container itself numbers it: the last one of the line. */
  const char *line = status == NULL ? NULL : strstr(status, "NSpid:");
  size_t length = line == NULL ? 0 : strcspn(line, "\n");
  while (length > 0 && !isspace((unsigned char)line[length - 1])) length--;
  return fail(failure, "CONFLICT", "process %ld (%.*s) %s %s, which is mounted from outside and cannot be copied with it",
              line == NULL ? atol(pid) : strtol(line + length, NULL, 10),
              name == NULL ? 0 : (int)strcspn(name, "\n"), name == NULL ? "" : name, doing, what);
}

/* One of a process's links: an open file, its folder, its root, its program. */
static int look(const struct devices *devices, const char *pid, const char *link, const char *doing,
                struct failure *failure) {
  char path[PATH_ROOM], target[PATH_MAX];
  unsigned major, minor;
  snprintf(path, sizeof path, "/proc/%s/%s", pid, link);
  if (!device_of(path, &major, &minor) || !among(devices, makedev(major, minor))) return 0;
  ssize_t length = readlink(path, target, sizeof target - 1);
  target[length < 0 ? 0 : length] = 0;
  return held(pid, doing, target, failure);
}

static int look_at_files(const struct devices *devices, const char *pid, struct failure *failure) {
  char path[PATH_ROOM];
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  DIR *files = opendir(path);
  int result = 0;
  for (struct dirent *entry; result == 0 && files != NULL && (entry = readdir(files)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "fd/%.32s", entry->d_name);
    result = look(devices, pid, path, "has open", failure);
  }
  if (files != NULL) closedir(files);
  return result;
}

static int look_at_mappings(const struct devices *devices, const char *pid, struct failure *failure) {
  char path[PATH_ROOM], line[LINE_ROOM];
  snprintf(path, sizeof path, "/proc/%s/maps", pid);
  FILE *maps = fopen(path, "re");
  int result = 0;
  while (result == 0 && maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned major, minor;
    int name = 0;
    if (sscanf(line, "%*s %*s %*s %x:%x %*s %n", &major, &minor, &name) != 2 || !among(devices, makedev(major, minor)))
      continue;
    line[strcspn(line, "\n")] = 0;
    result = held(pid, "has in its memory", line + name, failure);
  }
  if (maps != NULL) fclose(maps);
  return result;
}

/*
 * Of the container's own mounts: what lies inside such a one would go with it. Of mounts that a process keeps for
 * itself: nobody else could let go of them.
 */
static int look_at_mounts(const struct devices *devices, const char *pid, bool own, struct failure *failure) {
  char path[PATH_ROOM], line[LINE_ROOM], target[PATH_MAX];
  int outside[MOUNTS_MAX], count = 0;
  snprintf(path, sizeof path, "/proc/%s/mountinfo", pid);
  FILE *mounts = fopen(path, "re");
  int result = 0;
  while (result == 0 && mounts != NULL && fgets(line, sizeof line, mounts) != NULL) {
    int id, parent;
    unsigned major, minor;
    if (sscanf(line, "%d %d %u:%u %*s %4095s", &id, &parent, &major, &minor, target) != 5) continue;
    if (among(devices, makedev(major, minor))) {
      if (own) result = held(pid, "has a mount of its own of", target, failure);
      if (count < MOUNTS_MAX) outside[count++] = id;
      continue;
    }
    for (int i = 0; i < count && result == 0; i++) {
      if (outside[i] == parent)
        result = fail(failure, "CONFLICT", "%s is mounted inside of what is mounted from outside; mount it elsewhere", target);
    }
  }
  if (mounts != NULL) fclose(mounts);
  return result;
}

static ino_t namespace_of(const char *pid) {
  char path[PATH_ROOM];
  struct stat status;
  snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
  return stat(path, &status) < 0 ? 0 : status.st_ino;
}

static int look_at_process(const struct devices *devices, const char *pid, struct failure *failure) {
  if (look(devices, pid, "cwd", "works in", failure) < 0 || look(devices, pid, "root", "has as its root", failure) < 0 ||
      look(devices, pid, "exe", "is running", failure) < 0 || look_at_files(devices, pid, failure) < 0)
    return -1;
  return look_at_mappings(devices, pid, failure);
}

int holders_find(pid_t first, struct failure *failure) {
  struct devices devices;
  char container[32];
  find_devices(&devices);
  if (devices.count == 0) return 0;
  snprintf(container, sizeof container, "%d", first);
  int result = look_at_mounts(&devices, container, false, failure);
  const ino_t theirs = namespace_of(container), ours = namespace_of("self");
  DIR *processes = opendir("/proc");
  for (struct dirent *entry; result == 0 && processes != NULL && (entry = readdir(processes)) != NULL;) {
    const char *pid = entry->d_name;
    if (!isdigit((unsigned char)*pid)) continue;
    result = look_at_process(&devices, pid, failure);
    const ino_t own = namespace_of(pid);
    if (result == 0 && own != 0 && own != theirs && own != ours)
      result = look_at_mounts(&devices, pid, true, failure);
  }
  if (processes != NULL) closedir(processes);
  return result;
}
