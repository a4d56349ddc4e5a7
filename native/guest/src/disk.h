#pragma once
#include <stdint.h>

#include "failure.h"

/*
 * Mounts the writable disk over the image at ROOT_FOLDER. Not before the fork: the disk is another one in each
 * clone, and what the template read of its own is dropped here.
 */
int disk_mount(struct failure *failure);

/*
 * The same with a file system in memory in place of the disk, which is looked at and left as it is. Only where nobody
 * else sees the mounts.
 */
int disk_rehearse(struct failure *failure);

/* Writes everything out. After this nothing of the container may run. */
void disk_unmount(void);
