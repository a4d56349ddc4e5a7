#pragma once
#include "failure.h"

/*
 * Bars what runs in the cgroup at `path` from opening connections to `gateway`, and from sending datagrams there: QEMU's
 * user network hands what is sent there to the host's own loopback. Only `ports`, as text, may be reached there, NULL
 * at the end. What comes to published ports from the host has the gateway's address too: answers to it pass, datagrams
 * for as long as their sender was heard lately.
 */
int guard_gateway(const char *path, const char *gateway, char **ports, struct failure *failure);
