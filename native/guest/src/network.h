#pragma once
#include <stdint.h>

#include "failure.h"

/* Brings up loopback and `interface` with `address` ("10.0.2.15/24") and a default route through `gateway`. */
int network_configure(const char *interface, const char *address, const char *gateway, uint32_t mtu,
                      struct failure *failure);
