#include "source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

enum { DEVICE_WAIT_MS = 20000, DEVICE_STEP_MS = 5 };

/* <sys/mount.h> and the kernel's <linux/mount.h> exclude each other with some C libraries. */
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);

static bool wait_more(int *waited) {
  const struct timespec step = {.tv_nsec = DEVICE_STEP_MS * 1000000};
  nanosleep(&step, NULL);
  *waited += DEVICE_STEP_MS;
  return *waited < DEVICE_WAIT_MS;
}

/*
 * Nothing is cached between two looks, so that the workstation and other containers see changes at once, and theirs
 * are seen here; mmap is for programs that write through shared mappings (SQLite's WAL). 512000 is the most that the
 * kernel's virtio transport takes in one request.
 */
int source_9p(const struct mount *source, const char *place, struct failure *failure) {
  const char *options = "trans=virtio,version=9p2000.L,msize=512000,cache=mmap";
  int waited = 0;
  while (mount(source->source, place, "9p", 0, options) < 0) {
    if (errno == ENOENT && wait_more(&waited)) continue;
    return fail_errno(failure, "GUEST_ERROR", "cannot mount what belongs at %s", source->target);
  }
  return 0;
}

/* The block device of that serial number. */
static bool find_disk(const char *serial, char path[64]) {
  DIR *blocks = opendir("/sys/block");
  bool found = false;
  for (struct dirent *entry; !found && blocks != NULL && (entry = readdir(blocks)) != NULL;) {
    char file[320];
    if (strncmp(entry->d_name, "vd", 2) != 0) continue;
    snprintf(file, sizeof file, "/sys/block/%s/serial", entry->d_name);
    SCOPED_FREE char *text = read_file(file, 256);
    found = text != NULL && strcmp(text, serial) == 0;
    if (found) snprintf(path, 64, "/dev/%.40s", entry->d_name);
  }
  if (blocks != NULL) closedir(blocks);
  return found;
}

int source_disk(const struct mount *source, const char *place, struct failure *failure) {
  char path[64];
  int waited = 0;
  while (!find_disk(source->source, path)) {
    if (wait_more(&waited)) continue;
    return fail(failure, "GUEST_ERROR", "the disk that belongs at %s did not appear", source->target);
  }
  /* The device's node may come a moment after its entry, and the device behind it another. */
  while (mount(path, place, "ext4", mount_has(source, "ro") ? 1 : 0, NULL) < 0) {
    if ((errno == ENOENT || errno == ENXIO) && wait_more(&waited)) continue;
    return fail_errno(failure, "GUEST_ERROR", "cannot mount the disk that belongs at %s", source->target);
  }
  /* Beside what the file system keeps at its root: a new volume is empty, as programs expect it. */
  char inner[PATH_MAX];
  snprintf(inner, sizeof inner, "%s/%s", place, DISK_VOLUME);
  (void)mkdir(inner, 0755);
  return 0;
}

/* Whatever links are in the source, it does not lead out of it. */
static int open_inner(int root, const char *inner) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, root, inner, &how, sizeof how);
}

int source_take(const struct mount *source, const char *place, struct failure *failure) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s%s", place, strcmp(source->kind, "disk") == 0 ? "/" DISK_VOLUME : "");
  SCOPED_FD int root = open(path, O_PATH | O_CLOEXEC);
  SCOPED_FD int part = root >= 0 && *source->inner != 0 ? open_inner(root, source->inner) : -1;
  if (root < 0 || (*source->inner != 0 && part < 0)) {
    if (errno == EXDEV) return fail(failure, "INVALID_ARGUMENT", "%s leads out of the volume", source->inner);
    if (errno == ENOENT || errno == ENOTDIR)
      return fail(failure, "INVALID_ARGUMENT", "there is no %s in the volume for %s", source->inner, source->target);
    return fail_errno(failure, "GUEST_ERROR", "cannot open what belongs at %s", source->target);
  }
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  int tree = (int)syscall(SYS_open_tree, part >= 0 ? part : root, "", flags);
  struct mount_attr attributes = {.attr_set = mount_has(source, "ro") ? MOUNT_ATTR_RDONLY : 0};
  if (tree >= 0 && syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) return tree;
  if (tree >= 0) close(tree);
  return fail_errno(failure, "GUEST_ERROR", "cannot take what belongs at %s", source->target);
}

static int make_target(const char *path, bool folder) {
  if (access(path, F_OK) == 0) return 0;
  if (folder) return make_folders(path, 0755);
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  if (make_folders(dirname(copy), 0755) < 0) return -1;
  SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
  return fd < 0 ? -1 : 0;
}

int source_place(const struct mount *source, int tree, struct failure *failure) {
  struct stat status;
  if (fstatat(tree, "", &status, AT_EMPTY_PATH) == 0 && make_target(source->target, S_ISDIR(status.st_mode)) == 0 &&
      syscall(SYS_move_mount, tree, "", AT_FDCWD, source->target,
              MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS | MOVE_MOUNT_T_AUTOMOUNTS) == 0)
    return 0;
  if (errno == ENOTDIR || errno == EINVAL)
    return fail(failure, "INVALID_ARGUMENT",
                "cannot mount at %s: one is a folder and the other is not; are you trying to mount a folder onto a file "
                "(or vice versa)?", source->target);
  return fail_errno(failure, "GUEST_ERROR", "cannot mount at %s", source->target);
}
