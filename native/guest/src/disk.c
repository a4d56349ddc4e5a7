#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"

static int make_folder(const char *path) { return mkdir(path, 0755) < 0 && errno != EEXIST ? -1 : 0; }

static bool mounted;

/* What was read of it before it was another one counts no more. */
static int forget_cached(struct failure *failure) {
  SCOPED_FD int device = open(DISK_DEVICE, O_RDONLY | O_CLOEXEC);
  if (device >= 0 && ioctl(device, BLKFLSBUF) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot read the container's disk");
}

static int cover_image(struct failure *failure) {
  if (make_folder(UPPER_FOLDER) < 0 || make_folder(WORK_FOLDER) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot write to the container's disk");
  const char *layers = "lowerdir=" IMAGE_FOLDER ",upperdir=" UPPER_FOLDER ",workdir=" WORK_FOLDER;
  if (mount("overlay", ROOT_FOLDER, "overlay", 0, layers) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot mount the container's disk over its image");
  return 0;
}

int disk_mount(struct failure *failure) {
  if (mounted) return 0;
  if (forget_cached(failure) < 0) return -1;
  if (mount(DISK_DEVICE, DISK_FOLDER, "ext4", MS_NOATIME, "discard") < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot mount the container's disk");
  if (cover_image(failure) < 0) return -1;
  mounted = true;
  return 0;
}

int disk_let_go(struct failure *failure) {
  if (!mounted) return 0;
  if (umount(ROOT_FOLDER) < 0 || umount(DISK_FOLDER) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot let go of the disk that the template had");
  mounted = false;
  return 0;
}

int disk_rehearse(struct failure *failure) {
  if (mount("tmpfs", DISK_FOLDER, "tmpfs", 0, NULL) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot cover the container's disk");
  return cover_image(failure);
}

void disk_unmount(void) {
  umount2(ROOT_FOLDER, MNT_DETACH);
  if (umount(DISK_FOLDER) < 0) sync();
}
