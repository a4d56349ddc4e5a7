#include "mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fields.h"
#include "file.h"
#include "paths.h"
#include "populate.h"
#include "sockets.h"
#include "source.h"
#include "subprocess.h"
#include "tmpfs.h"

enum { PARTS = 5, PLACE_MAX = 40 };

static bool is(const struct mount *mount, const char *kind) { return strcmp(mount->kind, kind) == 0; }

/* Splits one field's bytes, copied to `text`; false where they are not five texts. */
static bool split(struct mount *mount, char *text, size_t length) {
  const char **parts[PARTS] = {&mount->target, &mount->kind, &mount->source, &mount->inner, &mount->options};
  char *const end = text + length;
  for (int i = 0; i < PARTS; i++) {
    *parts[i] = text;
    char *nul = memchr(text, 0, (size_t)(end - text));
    if ((nul == NULL) != (i == PARTS - 1)) return false;
    if (nul != NULL) text = nul + 1;
  }
  return true;
}

int mounts_read(struct mounts *mounts, const uint8_t *message, size_t length, struct failure *failure) {
  size_t at = 0;
  size_t used = 0;
  bool broken = false;
  struct field field;
  /* Never more text than message, with the header of a field to spare for its NUL. */
  *mounts = (struct mounts){.texts = malloc(length + 1)};
  if (mounts->texts == NULL) return fail(failure, "GUEST_ERROR", "the guest has no memory for the mounts");
  while (field_next(message, length, &at, &field, &broken)) {
    if (field.key != START_MOUNT) continue;
    char *text = mounts->texts + used;
    memcpy(text, field.value, field.length);
    text[field.length] = 0;
    used += field.length + 1;
    if (mounts->count == MOUNTS_MAX || !split(&mounts->all[mounts->count++], text, field.length)) {
      mounts_free(mounts);
      return fail(failure, "INVALID_ARGUMENT", "the host sent a mount that is none, or more than %d", MOUNTS_MAX);
    }
  }
  return 0;
}

void mounts_free(struct mounts *mounts) {
  free(mounts->texts);
  *mounts = (struct mounts){0};
}

bool mount_has(const struct mount *mount, const char *option) {
  size_t length = strlen(option);
  for (const char *at = mount->options; at != NULL; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strncmp(at, option, length) == 0 && (at[length] == ',' || at[length] == 0)) return true;
  }
  return false;
}

static void place_of(char path[PLACE_MAX], size_t number) {
  snprintf(path, PLACE_MAX, MOUNTS_FOLDER "/%zu", number);
}

static int prepare(const struct mount *mount, size_t number, struct sockets *sockets, struct failure *failure) {
  char place[PLACE_MAX];
  place_of(place, number);
  if (is(mount, "tmpfs")) return 0;
  if (is(mount, "socket")) return sockets_listen(sockets, (uint32_t)number, place, mount->options, failure);
  if (make_folders(place, 0700) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot prepare the mount at %s", mount->target);
  int result = -1;
  if (is(mount, "9p"))
    result = source_9p(mount, place, failure);
  else if (is(mount, "disk"))
    result = source_disk(mount, place, failure);
  else
    fail(failure, "INVALID_ARGUMENT", "the guest knows no mount of the kind %s", mount->kind);
  if (result < 0 || !mount_has(mount, "copy")) return result;
  char volume[PLACE_MAX + 8];
  snprintf(volume, sizeof volume, "%s%s", place, is(mount, "disk") ? "/" DISK_VOLUME : "");
  return populate(mount->target, volume, failure);
}

int mounts_prepare(const struct mounts *mounts, struct sockets *sockets, struct failure *failure) {
  if (mounts->count == 0) return 0;
  if (make_folders(MOUNTS_FOLDER, 0700) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot prepare the mounts");
  for (size_t i = 0; i < mounts->count; i++) {
    if (prepare(&mounts->all[i], i, sockets, failure) < 0) return -1;
  }
  return 0;
}

void mounts_let_go(const struct mounts *mounts) {
  char place[PLACE_MAX];
  for (size_t i = 0; i < mounts->count; i++) {
    place_of(place, i);
    (void)umount2(place, MNT_DETACH);
  }
}

void mounts_end(void) {
  char place[PLACE_MAX];
  for (size_t i = 0; i < MOUNTS_MAX; i++) {
    place_of(place, i);
    SCOPED_FD int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) continue;
    (void)syncfs(fd);
    close(fd);
    fd = -1;
    (void)umount2(place, MNT_DETACH);
  }
}

int mounts_open(const struct mounts *mounts, int trees[MOUNTS_MAX], struct failure *failure) {
  for (size_t i = 0; i < mounts->count; i++) {
    const struct mount *mount = &mounts->all[i];
    char place[PLACE_MAX];
    place_of(place, i);
    trees[i] = is(mount, "tmpfs") ? -1 : source_take(mount, place, failure);
    if (trees[i] < 0 && !is(mount, "tmpfs")) return -1;
  }
  return 0;
}

int mounts_place(const struct mounts *mounts, const int trees[MOUNTS_MAX], struct failure *failure) {
  for (size_t i = 0; i < mounts->count; i++) {
    const struct mount *mount = &mounts->all[i];
    int result = trees[i] < 0 ? tmpfs_mount(mount->target, mount->options, failure)
                              : source_place(mount, trees[i], failure);
    if (result < 0) return -1;
  }
  return 0;
}

static int show(const void *data, struct failure *failure) {
  const struct mounts *mounts = data;
  int trees[MOUNTS_MAX];
  if (mounts_open(mounts, trees, failure) < 0) return -1;
  if (chroot(ROOT_FOLDER) < 0 || chdir("/") < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot enter the container's file system");
  return mounts_place(mounts, trees, failure);
}

/* In a child: it alone is locked into the container's files; the mounts are the agent's as well. */
int mounts_show(const struct mounts *mounts, struct failure *failure) {
  if (mounts->count == 0) return 0;
  return subprocess(show, mounts, "cannot mount the container's mounts", failure);
}
