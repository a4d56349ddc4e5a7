#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"
#include "tool.h"

enum { TEXT_MAX = 1 << 16 };

/* What stands behind `name` in a file like /proc/PID/status. */
static const char *value_of(const char *text, const char *name) {
  size_t length = strlen(name);
  for (const char *line = text; line != NULL; line = strchr(line, '\n'), line += line != NULL) {
    if (strncmp(line, name, length) == 0 && line[length] == ':') return line + length + 1 + strspn(line + length + 1, " \t");
  }
  return "";
}

/* In the innermost namespace: how the container itself numbers it. */
static long inner_pid(const char *status) {
  const char *line = value_of(status, "NSpid");
  size_t length = strcspn(line, "\n");
  while (length > 0 && !isspace((unsigned char)line[length - 1])) length--;
  return strtol(line + length, NULL, 10);
}

/* By the container's own list of users. */
static void put_user(long uid, const char *users) {
  char wanted[32];
  snprintf(wanted, sizeof wanted, ":%ld:", uid);
  for (const char *line = users; line != NULL && *line != 0; line = strchr(line, '\n'), line += line != NULL) {
    size_t name = strcspn(line, ":\n");
    const char *number = line[name] == ':' ? strchr(line + name + 1, ':') : NULL;
    if (number == NULL || strncmp(number, wanted, strlen(wanted)) != 0) continue;
    printf("%.*s%c", (int)name, line, 0);
    return;
  }
  printf("%ld%c", uid, 0);
}

static void put_command(int pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  FILE *file = fopen(path, "re");
  int next, length = 0;
  while (file != NULL && length < TEXT_MAX && (next = getc(file)) != EOF) {
    putchar(next == 0 ? ' ' : next);
    length++;
  }
  if (file != NULL) fclose(file);
  /* The kernel's own have none, those that have ended neither. */
  if (length == 0) printf("[%s]", name);
  putchar(0);
}

/* The fields of /proc/PID/stat from the third on stand behind the name, which may hold anything. */
static void put(int pid, long long booted, const char *users) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  SCOPED_FREE char *stat = read_file(path, TEXT_MAX);
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  SCOPED_FREE char *status = read_file(path, TEXT_MAX);
  char *name = stat == NULL ? NULL : strchr(stat, '(');
  char *rest = stat == NULL ? NULL : strrchr(stat, ')');
  if (status == NULL || name == NULL || rest == NULL) return;
  *rest = 0;
  char state;
  int parent, terminal;
  unsigned long long user, system, start, size;
  long resident;
  if (sscanf(rest + 2, "%c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %llu %ld", &state,
             &parent, &terminal, &user, &system, &start, &size, &resident) != 8)
    return;
  snprintf(path, sizeof path, "/proc/%d/status", parent);
  SCOPED_FREE char *of_parent = read_file(path, TEXT_MAX);
  const long tick = sysconf(_SC_CLK_TCK);
  long uid = strtol(value_of(status, "Uid"), NULL, 10);
  /* The parent of the container's first process is not in the container. */
  long first = inner_pid(status);
  printf("%ld%c%ld%c%ld%c", first, 0, first == 1 || of_parent == NULL ? 0 : inner_pid(of_parent), 0, uid, 0);
  put_user(uid, users);
  printf("%llu%c%lld%c%ld%c%llu%c", (user + system) * 1000 / (unsigned long)tick, 0, booted + (long long)start / tick, 0,
         resident * (sysconf(_SC_PAGESIZE) / 1024), 0, size / 1024, 0);
  if (terminal >> 8 >= 136 && terminal >> 8 <= 143) printf("pts/%d%c", (terminal & 0xff) | (terminal >> 12 & 0xfff00), 0);
  else printf("?%c", 0);
  printf("%c%c%s%c", state, 0, name + 1, 0);
  put_command(pid, name + 1);
}

static long long boot_time(void) {
  struct timespec now, since;
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_BOOTTIME, &since);
  return (long long)now.tv_sec - since.tv_sec;
}

int tool_processes(char **arguments, struct failure *failure) {
  (void)arguments;
  SCOPED_FREE char *list = read_file(CGROUP_FOLDER "/cgroup.procs", 1 << 20);
  SCOPED_FREE char *users = read_file(ROOT_FOLDER "/etc/passwd", 1 << 20);
  if (list == NULL) return fail_errno(failure, "NOT_RUNNING", "the container has no processes");
  for (char *at = list; *at != 0;) {
    put((int)strtol(at, &at, 10), boot_time(), users == NULL ? "" : users);
    while (isspace((unsigned char)*at)) at++;
  }
  return 0;
}
