#include "remount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"
#include "source.h"

enum { PATIENCE_S = 20 };

struct work {
  const struct mounts *mounts;
  /* Of each the new mount, -1 for those that stay as they are. */
  const int *trees;
};

static bool is_outside(const struct mount *mount) { return strcmp(mount->kind, "9p") == 0; }

/* The last one first: it may lie inside another. */
static int let_go(const struct work *work, struct failure *failure) {
  const struct mounts *mounts = work->mounts;
  for (size_t i = mounts->count; i-- > 0;) {
    const struct mount *mount = &mounts->all[i];
    if (is_outside(mount) && umount2(mount->target, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
      return fail_errno(failure, "GUEST_ERROR", "cannot take off what was mounted at %s", mount->target);
  }
  return 0;
}

static int place_all(const struct work *work, struct failure *failure) {
  for (size_t i = 0; i < work->mounts->count; i++) {
    if (work->trees[i] >= 0 && source_place(&work->mounts->all[i], work->trees[i], failure) < 0) return -1;
  }
  return 0;
}

/* In a child of the agent, which enters the container's file system. */
static int within(int container, int (*doing)(const struct work *, struct failure *), const struct work *work,
                  struct failure *failure) {
  int told[2];
  if (pipe2(told, O_CLOEXEC) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot mount anew");
  pid_t pid = fork();
  if (pid == 0) {
    /* A path may lead through a file system that a halted process serves (FUSE), which would never answer. */
    alarm(PATIENCE_S);
    int result = setns(container, CLONE_NEWNS) < 0
                     ? fail_errno(failure, "GUEST_ERROR", "cannot enter the container's file system")
                     : doing(work, failure);
    if (result < 0) (void)write_all(told[1], failure, sizeof *failure);
    _exit(0);
  }
  close(told[1]);
  fail(failure, "GUEST_ERROR", "cannot mount anew");
  ssize_t got = pid < 0 ? -1 : read(told[0], failure, sizeof *failure);
  close(told[0]);
  /* Not before it has ended does it let go of what it was told to. */
  int status = 0;
  if (pid > 0) waitpid(pid, &status, 0);
  return got == 0 && WIFEXITED(status) ? 0 : -1;
}

static int take_anew(const struct mount *mount, size_t number, struct failure *failure) {
  char place[64];
  snprintf(place, sizeof place, MOUNTS_FOLDER "/%zu", number);
  (void)umount2(place, MNT_DETACH);
  if (make_folders(place, 0700) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot mount anew");
  return source_9p(mount, place, failure) < 0 ? -1 : source_take(mount, place, failure);
}

int remount(const struct mounts *mounts, int container, struct failure *failure) {
  int trees[MOUNTS_MAX];
  const struct work work = {.mounts = mounts, .trees = trees};
  size_t count = 0;
  int result = mounts->count == 0 ? 0 : within(container, let_go, &work, failure);
  for (; result == 0 && count < mounts->count; count++) {
    const struct mount *mount = &mounts->all[count];
    trees[count] = is_outside(mount) ? take_anew(mount, count, failure) : -1;
    if (is_outside(mount) && trees[count] < 0) result = -1;
  }
  if (result == 0 && count > 0) result = within(container, place_all, &work, failure);
  for (size_t i = 0; i < count; i++) {
    if (trees[i] >= 0) close(trees[i]);
  }
  return result;
}
