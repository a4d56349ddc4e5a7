#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "environment.h"
#include "file.h"
#include "init.h"
#include "paths.h"
#include "privilege.h"
#include "program.h"
#include "rootfs.h"
#include "user.h"

static void reset_signals(void) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
}

/* Into the cgroup before the cgroup namespace: its root is then the container's own group. */
static int enter_namespaces(const struct birth *birth, struct failure *failure) {
  (void)write_file(CGROUP_FOLDER "/cgroup.procs", "0");
  if (!birth->first) {
    if (setns(birth->container, CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP) == 0) return 0;
    return fail_errno(failure, "GUEST_ERROR", "cannot enter the container's namespaces");
  }
  const struct spec *spec = birth->spec;
  const int cgroups = spec->host_cgroups ? 0 : CLONE_NEWCGROUP;
  if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | cgroups) < 0 ||
      sethostname(spec->hostname, strlen(spec->hostname)) < 0 ||
      setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot make the container's namespaces");
  return rootfs_enter(spec, failure);
}

/* The terminal is one of the container's own, so that it finds it under /dev. */
static int open_terminal(const struct birth *birth, uid_t owner, struct failure *failure) {
  SCOPED_FD int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  int unlock = 0;
  unsigned number;
  char path[32];
  if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot open a terminal in the container");
  snprintf(path, sizeof path, "/dev/pts/%u", number);
  int terminal = open(path, O_RDWR | O_NOCTTY);
  if (terminal < 0 || ioctl(terminal, TIOCSCTTY, 0) < 0 || status_send_terminal(birth->status, master) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot open a terminal in the container");
  (void)!fchown(terminal, owner, 5);
  for (int standard = 0; standard < 3; standard++) dup2(terminal, standard);
  if (terminal > 2) close(terminal);
  return 0;
}

static int set_stdio(const struct birth *birth, const struct identity *identity, struct failure *failure) {
  if (birth->spec->tty) return open_terminal(birth, identity->uid, failure);
  for (int standard = 0; standard < 3; standard++) {
    /* So that programs may open /dev/stdout anew as whoever they run as. */
    (void)!fchown(birth->stdio[standard], identity->uid, (gid_t)-1);
    if (dup2(birth->stdio[standard], standard) < 0)
      return fail_errno(failure, "GUEST_ERROR", "cannot set up the process's standard streams");
  }
  return 0;
}

static int enter_folder(const struct spec *spec, bool first, struct failure *failure) {
  const char *folder = *spec->cwd == 0 ? "/" : spec->cwd;
  if (first) (void)make_folders(folder, 0755);
  if (chdir(folder) == 0) return 0;
  return fail_errno(failure, "INVALID_ARGUMENT", "cannot use the working folder %s", folder);
}

static int become(const struct birth *birth, struct failure *failure) {
  const struct spec *spec = birth->spec;
  struct identity identity;
  if (enter_namespaces(birth, failure) < 0) return -1;
  if (identity_find("", spec->user, spec->groups, &identity, failure) < 0) return -1;
  if (set_stdio(birth, &identity, failure) < 0) return -1;
  if (environment_set(spec, &identity, failure) < 0) return -1;
  if (enter_folder(spec, birth->first, failure) < 0) return -1;
  (void)write_file("/proc/self/oom_score_adj", *spec->oom_score == 0 ? "0" : spec->oom_score);
  if (birth->first && spec->init && init_fork(failure) < 0) return -1;
  return privilege_drop(spec, &identity, failure);
}

void child_run(const struct birth *birth) {
  struct failure failure;
  reset_signals();
  setsid();
  if (become(birth, &failure) == 0) program_execute(birth->spec->argv, &failure);
  status_send_failure(birth->status, &failure);
  _exit(127);
}
