#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "failure.h"

/* Halts the container's processes, all at once, where they are; false where some would not halt in time. */
bool hold_processes(void);
/*
 * The same for a copy of the VM. Fails where some have something open that is mounted from outside too; they all go on
 * then. `first` is the container's first process.
 */
int hold_for_copy(pid_t first, struct failure *failure);
void release_processes(void);
