#pragma once
#include "failure.h"
#include "spec.h"

/* Makes the mount points in the image that it lacks, before anybody starts it. */
void rootfs_prepare(void);

/*
 * Turns the calling process's mount namespace, which must be its own, into the container's: ROOT_FOLDER becomes /,
 * with /proc, /sys, /dev, /etc's files, tmpfs. Sets the kernel parameters asked for on the way.
 */
int rootfs_enter(const struct spec *spec, struct failure *failure);
