#pragma once

/* Where things lie in the agent's own file system, which no container sees. */
#define IMAGE_FOLDER "/image"
#define DISK_FOLDER "/disk"
#define UPPER_FOLDER DISK_FOLDER "/upper"
#define WORK_FOLDER DISK_FOLDER "/work"
#define ROOT_FOLDER "/root"
#define ETC_FOLDER "/run/etc"
/* What is mounted for containers: a folder, or a listening socket, by the number of the mount. */
#define MOUNTS_FOLDER "/run/mounts"
#define CGROUP_FOLDER "/sys/fs/cgroup/container"
#define DISK_DEVICE "/dev/vda"
