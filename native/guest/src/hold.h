#pragma once
#include <stdbool.h>

/* Halts the container's processes, all at once, where they are; false where some would not halt in time. */
bool hold_processes(void);
void release_processes(void);
