#include "tmpfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "file.h"

static const struct {
  const char *name;
  unsigned long flag;
  int set;
} flags[] = {
    {"ro", MS_RDONLY, 1},      {"rw", MS_RDONLY, 0},     {"nosuid", MS_NOSUID, 1},   {"suid", MS_NOSUID, 0},
    {"nodev", MS_NODEV, 1},    {"dev", MS_NODEV, 0},     {"noexec", MS_NOEXEC, 1},   {"exec", MS_NOEXEC, 0},
    {"noatime", MS_NOATIME, 1}, {"relatime", MS_RELATIME, 1}, {"defaults", 0, 1},    {"sync", MS_SYNCHRONOUS, 1},
};

unsigned long tmpfs_options(const char *options, char *rest, size_t room) {
  unsigned long result = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  rest[0] = 0;
  SCOPED_FREE char *copy = strdup(options);
  char *next = copy;
  for (char *option; next != NULL && (option = strsep(&next, ",")) != NULL;) {
    size_t i = 0;
    const size_t count = sizeof flags / sizeof *flags;
    while (i < count && strcmp(flags[i].name, option) != 0) i++;
    if (i < count) {
      result = flags[i].set ? result | flags[i].flag : result & ~flags[i].flag;
    } else if (*option != 0) {
      size_t length = strlen(rest);
      snprintf(rest + length, room - length, "%s%s", length > 0 ? "," : "", option);
    }
  }
  return result;
}

int tmpfs_mount(const char *path, const char *options, struct failure *failure) {
  char rest[256];
  unsigned long mount_flags = tmpfs_options(options, rest, sizeof rest);
  if (path[0] != '/') return fail(failure, "INVALID_ARGUMENT", "the tmpfs path %s must be absolute", path);
  if (make_folders(path, 0755) == 0 && mount("tmpfs", path, "tmpfs", mount_flags, rest) == 0) return 0;
  return fail_errno(failure, "INVALID_ARGUMENT", "cannot mount a tmpfs at %s with the options '%s'", path, options);
}
