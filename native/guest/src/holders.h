#pragma once
#include <sys/types.h>

#include "failure.h"

/*
 * Whether processes have something open of what the container has mounted from outside (9p): the host's end of that is
 * not part of the VM, so a copy of the VM cannot have it. `first` is the container's first process. 0: nobody has; -1:
 * `failure` says who has what. Nothing runs meanwhile.
 */
int holders_find(pid_t first, struct failure *failure);
