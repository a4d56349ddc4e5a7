#pragma once
#include "failure.h"
#include "mounts.h"

/*
 * In a copy of a running VM: mounts anew what is mounted from outside (9p). The device is there, and the host's end of
 * it is another one, which knows nothing of what the parent had mounted. `container` is a pidfd of the first process;
 * nothing of the container runs meanwhile.
 */
int remount(const struct mounts *mounts, int container, struct failure *failure);
