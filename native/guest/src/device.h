#pragma once
#include <sys/types.h>

#include "failure.h"
#include "spec.h"

/* Mounts /dev with the devices that every container has; all of the VM's where it is privileged. */
int device_mount(const struct spec *spec, struct failure *failure);

enum { DEVICES_MAX = 64 };

/* Devices of the guest that a container asked for. */
struct devices {
  size_t count;
  struct {
    const char *path;
    mode_t mode;
    dev_t number;
  } all[DEVICES_MAX];
};

/* Looks pairs of paths up in the agent's own /dev. Fails with INVALID_ARGUMENT where there is no such device. */
int device_find(struct devices *devices, char *const *pairs, struct failure *failure);
/* Makes them in the container, from within. */
int device_make(const struct devices *devices, struct failure *failure);
