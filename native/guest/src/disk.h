#pragma once
#include <stdint.h>

#include "failure.h"

/*
 * Mounts the writable disk over the image at ROOT_FOLDER. Not before the fork: the disk is another one in each
 * clone, and what the template read of its own is dropped here.
 */
int disk_mount(struct failure *failure);

/* Writes everything out. After this nothing of the container may run. */
void disk_unmount(void);
