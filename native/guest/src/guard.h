#pragma once
#include "failure.h"

/*
 * Bars what runs in the cgroup at `path` from opening connections to QEMU's user network, that of `gateway`, and from
 * sending datagrams there: it hands them to the host's own loopback. Only `ports` of the gateway, as text, may be
 * reached there, NULL at the end, and the name server for names. What comes to published ports from the host has the
 * gateway's address too: answers to it pass, datagrams for as long as their sender was heard lately.
 */
int guard_gateway(const char *path, const char *gateway, char **ports, struct failure *failure);
