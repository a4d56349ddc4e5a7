#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "child.h"
#include "file.h"

static void close_side(struct birth_pipes *pipes, int side) {
  for (int i = 0; i < 3; i++) close_scoped(&pipes->ends[i][side]);
}

void process_close_pipes(struct birth_pipes *pipes, bool failed) {
  close_side(pipes, 0);
  if (failed) close_side(pipes, 1);
}

int process_pipes(struct birth_pipes *pipes, bool open_stdin, struct failure *failure) {
  memset(pipes, -1, sizeof *pipes);
  for (int i = 0; i < 3; i++) {
    int pair[2];
    if (i == 0 && !open_stdin) {
      pipes->ends[0][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
      continue;
    }
    if (pipe2(pair, O_CLOEXEC) < 0) {
      process_close_pipes(pipes, true);
      return fail_errno(failure, "GUEST_ERROR", "cannot make the process's standard streams");
    }
    pipes->ends[i][0] = pair[i == 0 ? 0 : 1];
    pipes->ends[i][1] = pair[i == 0 ? 1 : 0];
    fcntl(pipes->ends[i][1], F_SETFL, O_NONBLOCK);
  }
  return 0;
}

struct process *process_add(struct processes *processes, uint32_t channel, pid_t pid, const struct birth_pipes *pipes,
                            struct failure *failure) {
  struct process *process = processes->count == PROCESSES_MAX ? NULL : calloc(1, sizeof *process);
  if (process == NULL) {
    fail(failure, "GUEST_ERROR", "%d processes were started in this container; end some first", PROCESSES_MAX);
    return NULL;
  }
  *process = (struct process){.channel = channel,
                              .pid = pid,
                              .first = channel == FIRST_CHANNEL,
                              .fds = {pipes->ends[0][1], pipes->ends[1][1], pipes->ends[2][1]},
                              .credit = {0, WINDOW_INITIAL, WINDOW_INITIAL}};
  if (process->first) process->credit[STREAM_OUT] = process->credit[STREAM_ERR] = CREDIT_UNLIMITED;
  processes->all[processes->count++] = process;
  return process;
}

/* The first process begins the pid namespace; the others are born in it, children of the agent all the same. */
static pid_t fork_into(struct processes *processes, bool first) {
  if (first) {
    int pidfd = -1;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
    if (pid > 0) processes->container = pidfd;
    return pid;
  }
  if (setns(processes->container, CLONE_NEWPID) < 0) return -1;
  pid_t pid = fork();
  if (pid != 0) (void)setns(processes->own_namespace, CLONE_NEWPID);
  return pid;
}

static void use_terminal(struct process *process, int master) {
  fcntl(master, F_SETFL, O_NONBLOCK);
  process->fds[STREAM_OUT] = master;
  process->fds[STREAM_IN] = fcntl(master, F_DUPFD_CLOEXEC, 3);
}

static int wait_running(struct process *process, int status, struct failure *failure) {
  int master = -1;
  int result;
  while ((result = status_receive(status, &master, failure)) == 1) use_terminal(process, master);
  return result;
}

int process_start(struct processes *processes, uint32_t channel, const struct spec *spec, struct failure *failure) {
  bool first = channel == FIRST_CHANNEL;
  struct birth_pipes pipes;
  int status[2];
  memset(&pipes, -1, sizeof pipes);
  if (!spec->tty && process_pipes(&pipes, spec->open_stdin, failure) < 0) return -1;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, status) < 0) {
    process_close_pipes(&pipes, true);
    return fail_errno(failure, "GUEST_ERROR", "cannot prepare the process");
  }
  pid_t pid = processes->count == PROCESSES_MAX ? -1 : fork_into(processes, first);
  if (pid == 0) {
    const struct birth birth = {.spec = spec,
                                .first = first,
                                .container = processes->container,
                                .stdio = {pipes.ends[0][0], pipes.ends[1][0], pipes.ends[2][0]},
                                .status = status[1]};
    child_run(&birth);
  }
  if (pid < 0) fail_errno(failure, "GUEST_ERROR", "cannot start a process in the guest");
  close(status[1]);
  struct process *process = NULL;
  if (pid > 0 || processes->count == PROCESSES_MAX) process = process_add(processes, channel, pid, &pipes, failure);
  process_close_pipes(&pipes, process == NULL);
  int failed = process == NULL ? -1 : wait_running(process, status[0], failure);
  close(status[0]);
  if (failed && process != NULL) process_remove(processes, process);
  return failed;
}

struct process *process_find(struct processes *processes, uint32_t channel) {
  for (size_t i = 0; i < processes->count; i++) {
    if (processes->all[i]->channel == channel) return processes->all[i];
  }
  return NULL;
}

void process_remove(struct processes *processes, struct process *process) {
  for (size_t i = 0; i < processes->count; i++) {
    if (processes->all[i] == process) processes->all[i] = processes->all[--processes->count];
  }
  for (int i = 0; i < 3; i++) close_scoped(&process->fds[i]);
  free(process->input);
  free(process);
}

void process_resize(struct process *process, uint16_t columns, uint16_t rows) {
  const struct winsize size = {.ws_col = columns, .ws_row = rows};
  if (process->fds[STREAM_OUT] >= 0) (void)ioctl(process->fds[STREAM_OUT], TIOCSWINSZ, &size);
}
