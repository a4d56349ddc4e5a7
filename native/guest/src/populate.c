#include "populate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"
#include "tar.h"
#include "tool.h"
#include "tree.h"

static bool is_empty(const char *path) {
  DIR *folder = opendir(path);
  size_t entries = 0;
  while (folder != NULL && readdir(folder) != NULL) entries++;
  if (folder != NULL) closedir(folder);
  return entries == 2;
}

/* The folder in the container's files; -1 where there is none. */
static int open_origin(const char *target) {
  SCOPED_FD int root = open(ROOT_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
  struct open_how how = {.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
  return (int)syscall(SYS_openat2, root, target, &how, sizeof how);
}

static int archive(int origin, int to, struct failure *failure) {
  struct tree tree = {.out = fdopen(to, "w")};
  if (tree.out == NULL || fchdir(origin) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot read the image's files");
  int result = tree_put(&tree, ".", "", failure);
  if (result == 0 && (tar_end(tree.out) < 0 || fflush(tree.out) != 0))
    result = fail_errno(failure, "GUEST_ERROR", "cannot read the image's files");
  return result;
}

static int unpack(int from, const char *volume, struct failure *failure) {
  char folder[64];
  snprintf(folder, sizeof folder, "%s", volume);
  umask(0);
  if (dup2(from, STDIN_FILENO) < 0) return fail_errno(failure, "GUEST_ERROR", "cannot fill the volume");
  return tool_write((char *[]){folder, NULL}, failure);
}

/* One child packs, another unpacks: the agent's own way with files is theirs. What fails is told over `told`. */
static pid_t work(bool packs, int origin, const char *volume, const int archive_pipe[2], int told) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  struct failure failure;
  close(archive_pipe[packs ? 0 : 1]);
  int result = packs ? archive(origin, archive_pipe[1], &failure) : unpack(archive_pipe[0], volume, &failure);
  if (result < 0) (void)write_all(told, &failure, sizeof failure);
  _exit(0);
}

static int copy(int origin, const char *volume, struct failure *failure) {
  int pipes[2], told[2];
  if (pipe2(pipes, O_CLOEXEC) < 0 || pipe2(told, O_CLOEXEC) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot fill the volume");
  pid_t packer = work(true, origin, volume, pipes, told[1]);
  pid_t unpacker = work(false, origin, volume, pipes, told[1]);
  close(pipes[0]);
  close(pipes[1]);
  close(told[1]);
  fail(failure, "GUEST_ERROR", "cannot fill the volume");
  ssize_t got = packer < 0 || unpacker < 0 ? -1 : read(told[0], failure, sizeof *failure);
  close(told[0]);
  if (packer > 0) waitpid(packer, NULL, 0);
  if (unpacker > 0) waitpid(unpacker, NULL, 0);
  return got == 0 ? 0 : -1;
}

int populate(const char *target, const char *volume, struct failure *failure) {
  struct stat status;
  if (!is_empty(volume)) return 0;
  SCOPED_FD int origin = open_origin(target);
  if (origin < 0 || fstat(origin, &status) < 0) return 0;
  if (copy(origin, volume, failure) < 0) return -1;
  /* Ownership before the mode, which it would take bits from. */
  if (chown(volume, status.st_uid, status.st_gid) < 0 || chmod(volume, status.st_mode & 07777) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot fill the volume for %s", target);
  return 0;
}
