#include "rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device.h"
#include "file.h"
#include "paths.h"

enum { FILES = 4 };
static const struct {
  const char *source, *target;
} files[FILES] = {
    {ETC_FOLDER "/hosts", "/etc/hosts"},
    {ETC_FOLDER "/resolv.conf", "/etc/resolv.conf"},
    {ETC_FOLDER "/hostname", "/etc/hostname"},
    {ETC_FOLDER "/machine-id", "/etc/machine-id"},
};

/* A folder on the way to a mount point; the image may have a file or link there, which then serves or fails. */
static int mount_at(const char *path, const char *type, unsigned long flags, const char *options,
                    struct failure *failure) {
  if (make_folders(path, 0755) == 0 && mount(type, path, type, flags, options) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot mount %s in the container", path);
}

static int open_file(const char *path) {
  (void)make_folders("/etc", 0755);
  return open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0644);
}

static int bind_file(int source, const char *path, struct failure *failure) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", source);
  SCOPED_FD int fd = open_file(path);
  if (fd >= 0 && mount(link, path, NULL, MS_BIND, NULL) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot mount %s in the container", path);
}

static void make_read_only(const char *path) {
  if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) == 0)
    mount(NULL, path, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* What is not there needs neither. */
static void mask(const struct spec *spec) {
  for (char **path = spec->read_only_paths; *path != NULL; path++) make_read_only(*path);
  for (char **path = spec->masked; *path != NULL; path++) {
    struct stat status;
    if (stat(*path, &status) < 0) continue;
    if (S_ISDIR(status.st_mode))
      mount("tmpfs", *path, "tmpfs", MS_RDONLY, "size=0");
    else
      mount("/dev/null", *path, NULL, MS_BIND, NULL);
  }
}

static int set_sysctls(const struct spec *spec, struct failure *failure) {
  for (char **entry = spec->sysctls; *entry != NULL; entry++) {
    struct pair setting = pair_of(*entry);
    char path[256] = "/proc/sys/";
    size_t at = strlen(path);
    for (const char *from = setting.name; *from != 0 && at < sizeof path - 1; from++)
      path[at++] = *from == '.' ? '/' : *from == '/' ? '.' : *from;
    path[at] = 0;
    if (strstr(path, "..") != NULL || access(path, F_OK) < 0 || write_file(path, setting.value) < 0)
      return fail_errno(failure, "INVALID_ARGUMENT", "cannot set the kernel parameter %s=%s", setting.name, setting.value);
  }
  return 0;
}

static int mount_all(const struct spec *spec, const int sources[FILES], const int trees[MOUNTS_MAX],
                     struct failure *failure) {
  const unsigned long quiet = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const unsigned long sys_flags = quiet | (spec->privileged ? 0 : MS_RDONLY);
  if (mount_at("/proc", "proc", quiet, NULL, failure) < 0) return -1;
  if (device_mount(spec, failure) < 0) return -1;
  if (mount_at("/sys", "sysfs", sys_flags, NULL, failure) < 0) return -1;
  (void)mount("cgroup", "/sys/fs/cgroup", "cgroup2", sys_flags, NULL);
  for (int i = 0; i < FILES; i++) {
    if (bind_file(sources[i], files[i].target, failure) < 0) return -1;
  }
  if (mounts_place(&spec->mounts, trees, failure) < 0) return -1;
  if (set_sysctls(spec, failure) < 0) return -1;
  mask(spec);
  return 0;
}

void rootfs_prepare(void) {
  static const char *const folders[] = {"/proc", "/dev", "/sys"};
  pid_t pid = fork();
  if (pid == 0) {
    if (chroot(ROOT_FOLDER) < 0 || chdir("/") < 0) _exit(1);
    umask(0022);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) (void)make_folders(folders[i], 0755);
    for (int i = 0; i < FILES; i++) close(open_file(files[i].target));
    _exit(0);
  }
  if (pid > 0) waitpid(pid, NULL, 0);
}

int rootfs_enter(const struct spec *spec, struct failure *failure) {
  int sources[FILES];
  struct devices devices;
  if (device_find(&devices, spec->devices, failure) < 0) return -1;
  int trees[MOUNTS_MAX];
  for (int i = 0; i < FILES; i++) sources[i] = open(files[i].source, O_PATH | O_CLOEXEC);
  if (mounts_open(&spec->mounts, trees, failure) < 0) return -1;
  /* The root of an initrd cannot be pivoted; it is covered instead, as switch_root does. */
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot make the container's mounts its own");
  /* Below the container's root nobody could let go of these copies of them any more. */
  mounts_let_go(&spec->mounts);
  if (chdir(ROOT_FOLDER) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot enter the container's file system");
  umask(0022);
  int result = mount_all(spec, sources, trees, failure);
  if (result == 0) result = device_make(&devices, failure);
  for (int i = 0; i < FILES; i++) close(sources[i]);
  for (size_t i = 0; i < spec->mounts.count; i++) {
    if (trees[i] >= 0) close(trees[i]);
  }
  if (result == 0 && spec->read_only && mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot make the container's file system read-only");
  return result;
}
