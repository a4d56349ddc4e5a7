#include "device.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"

static const struct {
  const char *path;
  unsigned major, minor;
} nodes[] = {
    {"/dev/null", 1, 3}, {"/dev/zero", 1, 5}, {"/dev/full", 1, 7}, {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

static const struct {
  const char *target, *path;
} links[] = {
    {"/proc/self/fd", "/dev/fd"},       {"/proc/self/fd/0", "/dev/stdin"}, {"/proc/self/fd/1", "/dev/stdout"},
    {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"},      {"pts/ptmx", "/dev/ptmx"},
};

static int make_nodes(void) {
  mode_t mask = umask(0);
  int result = 0;
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes && result == 0; i++) {
    if (mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)) < 0 && errno != EEXIST) result = -1;
  }
  umask(mask);
  return result;
}

static int make_links(void) {
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    unlink(links[i].path);
    if (symlink(links[i].target, links[i].path) < 0) return -1;
  }
  return 0;
}

static int mount_below(const char *type, const char *path, unsigned long flags, const char *options) {
  if (mkdir(path, 0755) < 0 && errno != EEXIST) return -1;
  return mount(type, path, type, flags, options);
}

int device_mount(const struct spec *spec, struct failure *failure) {
  const char *type = spec->privileged ? "devtmpfs" : "tmpfs";
  const unsigned long quiet = MS_NOSUID | MS_NOEXEC;
  char shm[64];
  snprintf(shm, sizeof shm, "mode=1777,size=%" PRIu64, spec->shm_size);
  int failed = make_folders("/dev", 0755) < 0 || mount(type, "/dev", type, MS_NOSUID | MS_STRICTATIME, "mode=0755") < 0 ||
               make_nodes() < 0 ||
               mount_below("devpts", "/dev/pts", quiet, "newinstance,ptmxmode=0666,mode=0620,gid=5") < 0 ||
               mount_below("tmpfs", "/dev/shm", quiet | MS_NODEV, shm) < 0 ||
               mount_below("mqueue", "/dev/mqueue", quiet | MS_NODEV, NULL) < 0 || make_links() < 0;
  return failed ? fail_errno(failure, "GUEST_ERROR", "cannot set up the container's devices") : 0;
}

int device_find(struct devices *devices, char *const *pairs, struct failure *failure) {
  devices->count = 0;
  for (; *pairs != NULL; pairs++) {
    struct pair device = pair_of(*pairs);
    struct stat status;
    if (devices->count == DEVICES_MAX)
      return fail(failure, "INVALID_ARGUMENT", "more than %d devices were asked for", DEVICES_MAX);
    if (stat(device.name, &status) < 0 || !(S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)))
      return fail(failure, "INVALID_ARGUMENT",
                  "%s is no device of the VM; devices of the workstation are not handed to containers", device.name);
    size_t at = devices->count++;
    devices->all[at].path = device.value;
    devices->all[at].mode = status.st_mode;
    devices->all[at].number = status.st_rdev;
  }
  return 0;
}

int device_make(const struct devices *devices, struct failure *failure) {
  mode_t mask = umask(0);
  int result = 0;
  for (size_t i = 0; i < devices->count && result == 0; i++) {
    const char *path = devices->all[i].path;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL && slash != folder) {
      *slash = 0;
      (void)make_folders(folder, 0755);
    }
    if (mknod(path, devices->all[i].mode, devices->all[i].number) < 0 && errno != EEXIST)
      result = fail_errno(failure, "INVALID_ARGUMENT", "cannot make the device %s", path);
  }
  umask(mask);
  return result;
}
