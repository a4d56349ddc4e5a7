#pragma once
#include "failure.h"

/*
 * Bars what runs in the cgroup at `path` from opening connections to `gateway`: QEMU's user network hands what is sent
 * there to the host's own loopback. Only `ports`, as text, may be reached there, NULL at the end. Answers to published ports, which come from the gateway's address, still pass.
 */
int guard_gateway(const char *path, const char *gateway, char **ports, struct failure *failure);
