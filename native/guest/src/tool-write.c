#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "file.h"
#include "tar.h"
#include "tool.h"
#include "user.h"

struct extraction {
  /* A folder is not put where something else is, nor the other way round. */
  bool keeps_kind;
  /* Whom everything is to belong to; NULL: whom the archive says. */
  const struct identity *owner;
};

static int refused(struct failure *failure, const char *path) {
  if (errno == EROFS) return fail(failure, "CONFLICT", "the container's file system is read-only at %s", path);
  if (errno == ENOSPC || errno == EDQUOT) return fail(failure, "DISK_FULL", "the container's disk is full at %s", path);
  return fail_errno(failure, "GUEST_ERROR", "cannot write %s", path);
}

/* Below the folder that is written to, whatever the archive says; NULL where it would lie outside. */
static char *inside(char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/') path[--length] = 0;
  for (;;) {
    if (*path == '/') path++;
    else if (path[0] == '.' && (path[1] == '/' || path[1] == 0)) path++;
    else break;
  }
  for (const char *at = path; at != NULL; at = strchr(at, '/')) {
    if (*at == '/') at++;
    if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == 0)) return NULL;
  }
  return path;
}

static void make_parents(char *path) {
  char *slash = strrchr(path, '/');
  if (slash == NULL) return;
  *slash = 0;
  (void)make_folders(path, 0755);
  *slash = '/';
}

/* What stands at the place goes, but for a folder that stays one. 1: nothing is to be made. */
static int make_room(const struct extraction *how, const char *path, bool folder, struct failure *failure) {
  struct stat status;
  if (lstat(path, &status) < 0) return 0;
  if (S_ISDIR(status.st_mode) && folder) return 1;
  if (how->keeps_kind && S_ISDIR(status.st_mode) != folder)
    return fail(failure, "INVALID_ARGUMENT", S_ISDIR(status.st_mode)
                    ? "cannot overwrite the folder %s with something else" : "cannot overwrite %s with a folder", path);
  if (remove(path) == 0) return 0;
  if (errno == ENOTEMPTY || errno == EEXIST)
    return fail(failure, "CONFLICT", "%s is a folder that is not empty; remove it first", path);
  return refused(failure, path);
}

static int write_content(int fd, uint64_t size, const char *path, struct failure *failure) {
  static char data[65536];
  for (uint64_t left = size; left > 0;) {
    size_t wanted = left < sizeof data ? (size_t)left : sizeof data;
    size_t got = fread(data, 1, wanted, stdin);
    if (got == 0) return fail(failure, "INVALID_ARGUMENT", "the archive is cut short in %s", path);
    if (write_all(fd, data, got) < 0) return refused(failure, path);
    left -= got;
  }
  char rest[512];
  size_t padding = size % 512 == 0 ? 0 : 512 - size % 512;
  if (fread(rest, 1, padding, stdin) == padding) return 0;
  return fail(failure, "INVALID_ARGUMENT", "the archive is cut short after %s", path);
}

static int make(const struct tar_entry *entry, const char *path, struct failure *failure) {
  char *target;
  switch (entry->type) {
    case '0': {
      SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
      return fd < 0 ? refused(failure, path) : write_content(fd, entry->size, path, failure);
    }
    case '1':
      target = inside(entry->link);
      if (target == NULL) return fail(failure, "INVALID_ARGUMENT", "the archive's link %s leads outside", path);
      return linkat(AT_FDCWD, target, AT_FDCWD, path, 0) < 0 ? refused(failure, path) : 0;
    case '2':
      return symlink(entry->link, path) < 0 ? refused(failure, path) : 0;
    case '3':
    case '4':
    case '6': {
      mode_t kind = entry->type == '3' ? S_IFCHR : entry->type == '4' ? S_IFBLK : S_IFIFO;
      return mknod(path, kind | 0600, makedev(entry->major, entry->minor)) < 0 ? refused(failure, path) : 0;
    }
    case '5':
      return mkdir(path, 0700) < 0 ? refused(failure, path) : 0;
    default:
      return fail(failure, "INVALID_ARGUMENT", "the archive's entry %s is of an unknown kind", path);
  }
}

/* Ownership before the mode, which it would take bits from; both before the time. */
static int dress(const struct extraction *how, const struct tar_entry *entry, const char *path,
                 struct failure *failure) {
  uid_t uid = how->owner == NULL ? (uid_t)entry->uid : how->owner->uid;
  gid_t gid = how->owner == NULL ? (gid_t)entry->gid : how->owner->gid;
  if (lchown(path, uid, gid) < 0) return refused(failure, path);
  for (size_t i = 0; i < entry->xattr_count; i++) {
    const struct tar_xattr *xattr = &entry->xattrs[i];
    /* As Docker: what the file system cannot keep is left out. */
    if (lsetxattr(path, xattr->name, xattr->value, xattr->length, 0) < 0 && errno == ENOSPC)
      return refused(failure, path);
  }
  if (entry->type != '2' && chmod(path, entry->mode) < 0) return refused(failure, path);
  const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = entry->mtime}};
  (void)utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
  return 0;
}

static int extract(const struct extraction *how, struct tar_entry *entry, struct failure *failure) {
  char *path = inside(entry->path);
  if (path == NULL) return fail(failure, "INVALID_ARGUMENT", "the archive's entry %s leads outside", entry->path);
  bool folder = entry->type == '5';
  /* The folder that is written to keeps its own looks. */
  if (*path == 0) return folder ? 0 : fail(failure, "INVALID_ARGUMENT", "an entry of the archive has no name");
  make_parents(path);
  int stands = make_room(how, path, folder, failure);
  if (stands < 0 || (stands == 0 && make(entry, path, failure) < 0)) return -1;
  return entry->type == '1' ? 0 : dress(how, entry, path, failure);
}

/* PATH [no-overwrite-dir-non-dir] [user=USER] */
int tool_write(char **arguments, struct failure *failure) {
  const char *folder = arguments[0];
  struct extraction how = {0};
  struct identity owner;
  for (char **option = arguments + 1; *option != NULL; option++) {
    if (strcmp(*option, "no-overwrite-dir-non-dir") == 0) {
      how.keeps_kind = true;
    } else if (strncmp(*option, "user=", 5) == 0) {
      if (identity_find("", *option + 5, (char *[]){NULL}, &owner, failure) < 0) return -1;
      how.owner = &owner;
    }
  }
  if (chdir(folder) < 0) {
    if (errno == ENOENT) return fail(failure, "FILE_NOT_FOUND", "there is no folder %s", folder);
    return fail_errno(failure, "INVALID_ARGUMENT", "cannot copy into %s", folder);
  }
  struct tar_entry entry = {0};
  int result;
  while ((result = tar_next(stdin, &entry, failure)) == 1) {
    if (extract(&how, &entry, failure) < 0) {
      result = -1;
      break;
    }
  }
  tar_clear(&entry);
  /* What is behind the archive's end is the sender's padding: it must find somebody who takes it. */
  char rest[4096];
  while (result == 0 && fread(rest, 1, sizeof rest, stdin) > 0) continue;
  return result;
}
