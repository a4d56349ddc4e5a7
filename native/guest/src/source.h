#pragma once
#include <stdbool.h>

#include "failure.h"
#include "mounts.h"

/* Whether one of a mount's options is that word. */
bool mount_has(const struct mount *mount, const char *option);

/* The folder on a disk that is the volume. */
#define DISK_VOLUME "data"

/* Mount a source whole at `place`, waiting for its device, which may just have been plugged in. */
int source_9p(const struct mount *mount, const char *place, struct failure *failure);
int source_disk(const struct mount *mount, const char *place, struct failure *failure);

/* A descriptor of what of the source at `place` is to be mounted: a mount that is nowhere yet. */
int source_take(const struct mount *mount, const char *place, struct failure *failure);
/* Puts it at the target, which is made where it is not there. */
int source_place(const struct mount *mount, int tree, struct failure *failure);
