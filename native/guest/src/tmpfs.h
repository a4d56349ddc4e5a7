#pragma once
#include <stddef.h>

#include "failure.h"

/* Takes "rw,size=64m,noexec" apart: flags of mount(2), and what is left for the file system in `rest`. */
unsigned long tmpfs_options(const char *options, char *rest, size_t room);

/* Mounts a tmpfs, its folder made where it is missing; without options as Docker does: nosuid, nodev, noexec. */
int tmpfs_mount(const char *path, const char *options, struct failure *failure);
