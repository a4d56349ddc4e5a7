#include "subprocess.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"

int subprocess(int (*work)(const void *data, struct failure *failure), const void *data, const char *otherwise,
               struct failure *failure) {
  int told[2];
  if (pipe2(told, O_CLOEXEC) < 0) return fail_errno(failure, "GUEST_ERROR", "%s", otherwise);
  pid_t pid = fork();
  if (pid == 0) {
    if (work(data, failure) < 0) (void)write_all(told[1], failure, sizeof *failure);
    _exit(0);
  }
  close(told[1]);
  fail(failure, "GUEST_ERROR", "%s", otherwise);
  ssize_t got = pid < 0 ? -1 : read(told[0], failure, sizeof *failure);
  close(told[0]);
  /* Not before it has ended does it let go of what it holds. */
  int status = 0;
  if (pid > 0) waitpid(pid, &status, 0);
  return got == 0 && WIFEXITED(status) ? 0 : -1;
}
