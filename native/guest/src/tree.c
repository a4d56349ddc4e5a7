#include "tree.h"

#include <dirent.h>
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
#include "overlay.h"
#include "tar.h"

enum { XATTR_MAX = 65536 };

struct tree_link {
  dev_t device;
  ino_t inode;
  char *name;
};

static int lost(struct failure *failure) { return fail_errno(failure, "GUEST_ERROR", "cannot write the archive"); }

static void add_xattrs(struct tar_entry *entry, const char *path) {
  static char names[XATTR_MAX], value[XATTR_MAX];
  ssize_t length = llistxattr(path, names, sizeof names);
  for (char *name = names; length > 0 && name < names + length; name += strlen(name) + 1) {
    if (strncmp(name, OVERLAY_XATTRS, strlen(OVERLAY_XATTRS)) == 0 || entry->xattr_count == TAR_XATTRS_MAX) continue;
    ssize_t size = lgetxattr(path, name, value, sizeof value);
    if (size < 0) continue;
    struct tar_xattr *xattr = &entry->xattrs[entry->xattr_count++];
    *xattr = (struct tar_xattr){.name = strdup(name), .value = malloc((size_t)size + 1), .length = (size_t)size};
    if (xattr->value != NULL) memcpy(xattr->value, value, (size_t)size);
  }
}

/* The name under which the same file was written before; else it is noted under this one. */
static const char *linked(struct tree *tree, const struct stat *status, const char *name) {
  if (status->st_nlink < 2) return NULL;
  for (size_t i = 0; i < tree->link_count; i++) {
    if (tree->links[i].inode == status->st_ino && tree->links[i].device == status->st_dev) return tree->links[i].name;
  }
  struct tree_link *more = realloc(tree->links, (tree->link_count + 1) * sizeof *more);
  if (more == NULL) return NULL;
  tree->links = more;
  more[tree->link_count++] =
      (struct tree_link){.device = status->st_dev, .inode = status->st_ino, .name = strdup(name)};
  return NULL;
}

/* Exactly the size that the header told, whatever became of the file since. */
static int put_content(struct tree *tree, int fd, uint64_t size, struct failure *failure) {
  static char data[65536];
  for (uint64_t left = size; left > 0;) {
    size_t wanted = left < sizeof data ? (size_t)left : sizeof data;
    ssize_t got = read(fd, data, wanted);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(failure, "GUEST_ERROR", "cannot read a file");
    if (got == 0) memset(data, 0, wanted), got = (ssize_t)wanted;
    if (fwrite(data, 1, (size_t)got, tree->out) != (size_t)got) return lost(failure);
    left -= (uint64_t)got;
  }
  return tar_pad(tree->out, size) < 0 ? lost(failure) : 0;
}

static char type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG: return '0';
    case S_IFLNK: return '2';
    case S_IFCHR: return '3';
    case S_IFBLK: return '4';
    case S_IFDIR: return '5';
    case S_IFIFO: return '6';
    default: return 0;
  }
}

static int put_one(struct tree *tree, const char *path, const char *name, const struct stat *status,
                   struct failure *failure) {
  struct tar_entry entry = {.type = type_of(status->st_mode),
                            .mode = status->st_mode & 07777,
                            .uid = status->st_uid,
                            .gid = status->st_gid,
                            .mtime = status->st_mtime,
                            .major = major(status->st_rdev),
                            .minor = minor(status->st_rdev)};
  char target[PATH_MAX] = "";
  SCOPED_FD int fd = -1;
  const char *before = entry.type == '5' ? NULL : linked(tree, status, name);
  if (before != NULL) {
    entry.type = '1';
    entry.link = strdup(before);
  } else if (entry.type == '2') {
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0) return fail_errno(failure, "GUEST_ERROR", "cannot read the link %s", name);
    entry.link = strdup(target);
  } else if (entry.type == '0') {
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    /* Removed since its folder was read. */
    if (fd < 0 && errno == ENOENT) return 0;
    if (fd < 0) return fail_errno(failure, "GUEST_ERROR", "cannot read %s", name);
    entry.size = (uint64_t)status->st_size;
  }
  if (asprintf(&entry.path, entry.type == '5' ? "%s/" : "%s", name) < 0) entry.path = NULL;
  if (entry.type != '1') add_xattrs(&entry, path);
  int result = entry.path == NULL || tar_put(tree->out, &entry) < 0 ? lost(failure) : 0;
  if (result == 0 && fd >= 0) result = put_content(tree, fd, entry.size, failure);
  tar_clear(&entry);
  return result;
}

/* An empty file whose name says what is not there any more. */
static int put_mark(struct tree *tree, const char *folder, const char *mark, const char *name,
                    struct failure *failure) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%s%s%s", folder, *folder ? "/" : "", mark, name);
  const struct tar_entry entry = {.type = '0', .path = path};
  return tar_put(tree->out, &entry) < 0 ? lost(failure) : 0;
}

static int put_folder(struct tree *tree, const char *path, const char *name, struct failure *failure) {
  struct dirent **entries;
  int count = scandir(path, &entries, NULL, alphasort);
  int result = 0;
  for (int i = 0; i < count; i++) {
    const char *each = entries[i]->d_name;
    char inner[PATH_MAX], inner_name[PATH_MAX];
    bool fits = snprintf(inner, sizeof inner, "%s/%s", path, each) < (int)sizeof inner &&
                snprintf(inner_name, sizeof inner_name, "%s%s%s", name, *name ? "/" : "", each) < (int)sizeof inner_name;
    struct stat status;
    bool taken = result == 0 && strcmp(each, ".") != 0 && strcmp(each, "..") != 0;
    if (taken && !fits) result = fail(failure, "GUEST_ERROR", "a path is too long for the archive: %s", name);
    else if (taken && tree->layer && lstat(inner, &status) == 0 && overlay_is_whiteout(&status))
      result = put_mark(tree, name, ".wh.", each, failure);
    else if (taken) result = tree_put(tree, inner, inner_name, failure);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
  return result;
}

int tree_put(struct tree *tree, const char *path, const char *name, struct failure *failure) {
  struct stat status;
  if (lstat(path, &status) < 0) {
    if (errno == ENOENT) return 0;
    return fail_errno(failure, "GUEST_ERROR", "cannot read %s", name);
  }
  if (type_of(status.st_mode) == 0 || (tree->skips != NULL && tree->skips(name))) return 0;
  /* The root itself has no name in an archive. */
  if (*name != 0 && put_one(tree, path, name, &status, failure) < 0) return -1;
  /* Of an overlay only the folders have its own device number. */
  if (!S_ISDIR(status.st_mode) || (tree->device != 0 && status.st_dev != tree->device)) return 0;
  if (tree->layer && overlay_is_opaque(path) && put_mark(tree, name, ".wh..wh..opq", "", failure) < 0) return -1;
  return put_folder(tree, path, name, failure);
}

void tree_free(struct tree *tree) {
  for (size_t i = 0; i < tree->link_count; i++) free(tree->links[i].name);
  free(tree->links);
}
