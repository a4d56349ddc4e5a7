#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* What this clone got: its address on the NAT, without the prefix, "" for none, and the NAT's gateway. */
const char *identity_address(void);
const char *identity_gateway(void);

/* Makes this clone one of its own: seed, clock, names, network. After a failure nothing may be started. */
int identify(const uint8_t *message, size_t length, struct failure *failure);
/* The last of these alone, of the same message. */
int identity_network(const uint8_t *message, size_t length, struct failure *failure);
