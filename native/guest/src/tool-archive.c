#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths.h"
#include "tar.h"
#include "tool.h"
#include "tree.h"

static int look(const char *path, struct stat *status, struct failure *failure) {
  if (*path == '/' && strlen(path) < PATH_MAX && lstat(path, status) == 0) return 0;
  if (*path != '/') return fail(failure, "INVALID_ARGUMENT", "%s is not an absolute path", path);
  if (strlen(path) >= PATH_MAX || errno == ENAMETOOLONG || errno == ELOOP)
    return fail(failure, "INVALID_ARGUMENT", "the path is too long, or follows too many links");
  if (errno == ENOENT || errno == ENOTDIR) return fail(failure, "FILE_NOT_FOUND", "there is no %s", path);
  return fail_errno(failure, "GUEST_ERROR", "cannot look at %s", path);
}

/* What is called `name` in `folder`. */
static int describe(int folder, const char *name, const struct stat *status, struct failure *failure) {
  char link[PATH_MAX] = "";
  if (S_ISLNK(status->st_mode) && readlinkat(folder, name, link, sizeof link - 1) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot read the link %s", name);
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", name);
  printf("%s%c%jd%c%o%c%jd%c%s%c", basename(copy), 0, (intmax_t)status->st_size, 0, status->st_mode, 0,
         (intmax_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec, 0, link, 0);
  return 0;
}

int tool_stat(char **arguments, struct failure *failure) {
  struct stat status;
  if (look(arguments[0], &status, failure) < 0) return -1;
  return describe(AT_FDCWD, arguments[0], &status, failure);
}

int tool_list(char **arguments, struct failure *failure) {
  struct stat status;
  if (look(arguments[0], &status, failure) < 0) return -1;
  DIR *folder = opendir(arguments[0]);
  if (folder == NULL && errno == ENOTDIR) return fail(failure, "INVALID_ARGUMENT", "%s is no folder", arguments[0]);
  if (folder == NULL) return fail_errno(failure, "GUEST_ERROR", "cannot open %s", arguments[0]);
  int result = 0;
  for (const struct dirent *entry; result == 0 && (entry = readdir(folder)) != NULL;) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    /* One that was removed since is left out. */
    if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) continue;
    result = describe(dirfd(folder), entry->d_name, &status, failure);
  }
  closedir(folder);
  return result;
}

static int archive(struct tree *tree, const char *path, const char *name, struct failure *failure) {
  tree->out = stdout;
  int result = tree_put(tree, path, name, failure);
  if (result == 0 && tar_end(stdout) < 0) result = fail_errno(failure, "GUEST_ERROR", "cannot write the archive");
  tree_free(tree);
  return result;
}

int tool_read(char **arguments, struct failure *failure) {
  char path[PATH_MAX];
  struct stat status;
  struct tree tree = {0};
  if (look(arguments[0], &status, failure) < 0) return -1;
  snprintf(path, sizeof path, "%s", arguments[0]);
  const char *name = basename(path);
  return archive(&tree, arguments[0], strcmp(name, "/") == 0 ? "." : name, failure);
}

int tool_export(char **arguments, struct failure *failure) {
  (void)arguments;
  struct stat root;
  if (lstat(ROOT_FOLDER, &root) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot look at the container's files");
  struct tree tree = {.device = root.st_dev};
  return archive(&tree, ROOT_FOLDER, "", failure);
}
