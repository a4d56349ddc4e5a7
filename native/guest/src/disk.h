#pragma once
#include <stdint.h>

#include "failure.h"

/* Mounts the writable disk over the image at ROOT_FOLDER, unless it is. What was read of one before is dropped. */
int disk_mount(struct failure *failure);

/* Takes both mounts away, where they are: the disk is about to be another one. */
int disk_let_go(struct failure *failure);

/* Covers both with a file system in memory over the image. Only where nobody else sees the mounts. */
int disk_rehearse(struct failure *failure);

/* Writes everything out. After this nothing of the container may run. */
void disk_unmount(void);
