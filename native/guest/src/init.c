#include "init.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void reap(pid_t child, const sigset_t *all) {
  for (;;) {
    siginfo_t signal;
    int number = sigwaitinfo(all, &signal);
    if (number > 0 && number != SIGCHLD) kill(child, number);
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
      if (ended == child) _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
    }
  }
}

int init_fork(struct failure *failure) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &all, NULL);
  pid_t child = fork();
  if (child < 0) return fail_errno(failure, "GUEST_ERROR", "cannot start the container's init");
  if (child > 0) {
    /* The agent waits for the end of the status socket and of the streams: the child alone keeps them. */
    syscall(SYS_close_range, 0, ~0u, 0);
    reap(child, &all);
  }
  sigprocmask(SIG_SETMASK, &none, NULL);
  return 0;
}
