#include "remount.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"
#include "source.h"
#include "subprocess.h"

enum { PATIENCE_S = 20 };
#define FAILED "cannot mount anew"

struct work {
  /* The namespace of its file system. */
  int container;
  const struct mounts *mounts;
  /* Of each the new mount, -1 for those that stay as they are. */
  const int *trees;
};

static bool is_outside(const struct mount *mount) { return strcmp(mount->kind, "9p") == 0; }

static int enter(const struct work *work, struct failure *failure) {
  /* A path may lead through a file system that a halted process serves (FUSE), which would never answer. */
  alarm(PATIENCE_S);
  if (setns(work->container, CLONE_NEWNS) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot enter the container's file system");
}

/* The last one first: it may lie inside another. */
static int let_go(const void *data, struct failure *failure) {
  const struct work *work = data;
  const struct mounts *mounts = work->mounts;
  if (enter(work, failure) < 0) return -1;
  for (size_t i = mounts->count; i-- > 0;) {
    const struct mount *mount = &mounts->all[i];
    if (is_outside(mount) && umount2(mount->target, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT)
      return fail_errno(failure, "GUEST_ERROR", "cannot take off what was mounted at %s", mount->target);
  }
  return 0;
}

static int place_all(const void *data, struct failure *failure) {
  const struct work *work = data;
  if (enter(work, failure) < 0) return -1;
  for (size_t i = 0; i < work->mounts->count; i++) {
    if (work->trees[i] >= 0 && source_place(&work->mounts->all[i], work->trees[i], failure) < 0) return -1;
  }
  return 0;
}

static int take_anew(const struct mount *mount, size_t number, struct failure *failure) {
  char place[64];
  snprintf(place, sizeof place, MOUNTS_FOLDER "/%zu", number);
  (void)umount2(place, MNT_DETACH);
  if (make_folders(place, 0700) < 0) return fail_errno(failure, "GUEST_ERROR", FAILED);
  return source_9p(mount, place, failure) < 0 ? -1 : source_take(mount, place, failure);
}

int remount(const struct mounts *mounts, int container, struct failure *failure) {
  int trees[MOUNTS_MAX];
  const struct work work = {.container = container, .mounts = mounts, .trees = trees};
  size_t count = 0;
  int result = mounts->count == 0 ? 0 : subprocess(let_go, &work, FAILED, failure);
  for (; result == 0 && count < mounts->count; count++) {
    const struct mount *mount = &mounts->all[count];
    trees[count] = is_outside(mount) ? take_anew(mount, count, failure) : -1;
    if (is_outside(mount) && trees[count] < 0) result = -1;
  }
  if (result == 0 && count > 0) result = subprocess(place_all, &work, FAILED, failure);
  for (size_t i = 0; i < count; i++) {
    if (trees[i] >= 0) close(trees[i]);
  }
  return result;
}
