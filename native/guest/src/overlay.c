#include "overlay.h"

#include <sys/xattr.h>

bool overlay_is_whiteout(const struct stat *status) { return S_ISCHR(status->st_mode) && status->st_rdev == 0; }

bool overlay_is_opaque(const char *folder) {
  char value = 0;
  return lgetxattr(folder, OVERLAY_XATTRS "opaque", &value, 1) == 1 && value == 'y';
}
