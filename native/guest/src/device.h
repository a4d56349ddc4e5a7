#pragma once
#include "failure.h"
#include "spec.h"

/* Mounts /dev with the devices that every container has; all of the VM's where it is privileged. */
int device_mount(const struct spec *spec, struct failure *failure);
