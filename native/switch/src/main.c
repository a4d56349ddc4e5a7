#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "port.h"
#include "serve.h"

enum { LOCK_WAIT_MS = 2000, LOCK_STEP_MS = 10 };

/*
 * Of two switches for one network the second ends: the first holds this lock as long as it lives. One that is just
 * ending is waited for.
 */
static int lock(const struct network *network) {
  char path[128], pid[16];
  snprintf(path, sizeof path, "%s/pid", network->folder);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000};
  for (int waited = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_STEP_MS) {
    if (waited >= LOCK_WAIT_MS) return -1;
    nanosleep(&step, NULL);
  }
  if (fd < 0) return -1;
  int length = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
  return ftruncate(fd, 0) < 0 || write(fd, pid, (size_t)length) != length ? -1 : 0;
}

static void clean_up(struct network *network) {
  char path[128];
  for (size_t i = 0; i < MEMBERS_MAX; i++) {
    if (network->members[i] == NULL) continue;
    port_remove_files(network, network->members[i]);
    member_remove(network, network->members[i]);
  }
  snprintf(path, sizeof path, "%s/control", network->folder);
  (void)unlink(path);
}

static int failed(const char *doing) {
  fprintf(stderr, "ramet switch: cannot %s: %s\n", doing, strerror(errno));
  return 1;
}

int main(int argc, char **argv) {
  static struct network network;
  static struct control control;
  const char *wrong = options_read(&network, argc, argv);
  if (wrong != NULL) {
    fprintf(stderr, "ramet switch: %s\n", wrong);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (lock(&network) < 0) return failed("be the network's only switch");
  if (control_open(&control, &network) < 0) return failed("listen to the engine");
  if (serve(&network, &control) < 0) return failed("wait for frames");
  clean_up(&network);
  return 0;
}
