#include "tool.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "hold.h"
#include "paths.h"

/* Where a tool looks from. */
enum place { AGENT, ROOT };

static const struct tool {
  const char *name;
  enum place place;
  int least, most;
  tool_function *run;
} tools[] = {
    {"stat", ROOT, 1, 1, tool_stat},          {"list", ROOT, 1, 1, tool_list},
    {"read", ROOT, 1, 1, tool_read},          {"write", ROOT, 1, 3, tool_write},        {"export", AGENT, 0, 0, tool_export},
    {"changes", AGENT, 0, 1, tool_changes},   {"layer", AGENT, 0, 1, tool_layer},
    {"processes", AGENT, 0, 0, tool_processes}, {"statistics", AGENT, 0, 0, tool_statistics},
    {"ports", AGENT, 0, 0, tool_ports},
};

static const struct tool *find(char **argv, struct failure *failure) {
  int count = 0;
  while (argv[count] != NULL) count++;
  for (size_t i = 0; count > 0 && i < sizeof tools / sizeof *tools; i++) {
    if (strcmp(tools[i].name, argv[0]) != 0) continue;
    if (count - 1 >= tools[i].least && count - 1 <= tools[i].most) return &tools[i];
  }
  fail(failure, "INVALID_ARGUMENT", "the guest has no tool for %s", count == 0 ? "nothing" : argv[0]);
  return NULL;
}

/* Of a container that runs as it sees its files itself, mounts and all. */
static int enter_root(int container, bool running, struct failure *failure) {
  if (running && setns(container, CLONE_NEWNS) == 0) return 0;
  if (!running && chdir(ROOT_FOLDER) == 0 && chroot(".") == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot enter the container's file system");
}

static _Noreturn void run(const struct tool *tool, char **arguments, int container, bool running) {
  struct failure failure;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  umask(0);
  int result = tool->place == ROOT ? enter_root(container, running, &failure) : 0;
  /* The agent's own descriptors: the other ends of other processes' streams would stay open with this one. */
  syscall(SYS_close_range, 3, ~0u, 0);
  if (result == 0) result = tool->run(arguments, &failure);
  if (result < 0) fprintf(stderr, "%s %s\n", failure.code, failure.message);
  fflush(NULL);
  _exit(result < 0 ? 1 : 0);
}

int tool_start(struct processes *processes, uint32_t channel, char **argv, bool running, struct failure *failure) {
  const struct tool *tool = find(argv, failure);
  struct birth_pipes pipes;
  if (tool == NULL || process_pipes(&pipes, true, failure) < 0) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    for (int standard = 0; standard < 3; standard++) dup2(pipes.ends[standard][0], standard);
    run(tool, argv + 1, processes->container, running);
  }
  if (pid < 0) fail_errno(failure, "GUEST_ERROR", "cannot start a tool in the guest");
  struct process *process = pid < 0 ? NULL : process_add(processes, channel, pid, &pipes, failure);
  process_close_pipes(&pipes, process == NULL);
  if (process == NULL) return -1;
  process->tool = true;
  return 0;
}

void tool_ended(void) { release_processes(); }
