#pragma once
#include <stdbool.h>
#include <sys/stat.h>

/* How overlayfs marks, in its upper folder, what hides something of the image (source: the kernel's overlayfs.rst). */

#define OVERLAY_XATTRS "trusted.overlay."

bool overlay_is_whiteout(const struct stat *status);
bool overlay_is_opaque(const char *folder);
