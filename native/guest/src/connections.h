#pragma once
#include "failure.h"

/*
 * Breaks every TCP connection that leaves this machine: after a fork its other end is the parent's, and two must not
 * speak on one stream. Those between its own processes stay, and so do those who listen.
 */
int connections_cut(struct failure *failure);
