#pragma once
#include <stdbool.h>

/* Everything up to the point where the agent waits for the host; run once, as PID 1. */

/* Mounts what the agent itself needs and makes the standard descriptors. */
void boot_filesystems(void);
/* Where the host only asks whether VMs boot at all (`ramet.probe` on the command line): says so and powers off. */
void boot_probe(void);
/* Loads what lies in /modules, in the order of their names. One that this machine cannot use is passed over. */
void boot_modules(void);
/* Mounts the image at /image, read-only and past the page cache (DAX). */
bool boot_image(void);
/* Opens the virtio port of that name, waiting for the device to appear; -1 when it does not. */
int boot_port(const char *name, int flags);
