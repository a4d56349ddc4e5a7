#pragma once
#include "failure.h"

/*
 * Leaves this process behind as the container's init: it reaps orphans, hands signals on, and ends with its child.
 * Returns in the child, which goes on to become the program.
 */
int init_fork(struct failure *failure);
