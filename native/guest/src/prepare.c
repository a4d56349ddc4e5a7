#include "prepare.h"

#include <unistd.h>

#include "disk.h"
#include "identify.h"
#include "rootfs.h"

int prepare(const uint8_t *message, size_t length, struct failure *failure) {
  if (disk_mount(failure) < 0 || identity_network(message, length, failure) < 0) return -1;
  rootfs_prepare();
  sync();
  return 0;
}
