#pragma once
#include <stdbool.h>

/*
 * Device of the file system that a path leads to. Asks nobody: a file system that a process of the container serves
 * (FUSE) could not answer while the container stands still.
 */
bool device_of(const char *path, unsigned *major, unsigned *minor);
