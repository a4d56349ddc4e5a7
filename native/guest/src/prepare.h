#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/*
 * Does ahead of a freeze what every start of this image would do alike: mounts the disk, makes the mount points that
 * the image lacks, sets up the NAT's interface. All of it is on the disk when this returns.
 */
int prepare(const uint8_t *message, size_t length, struct failure *failure);
