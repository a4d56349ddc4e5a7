#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* Makes this clone one of its own: seed, clock, names, network. After a failure nothing may be started. */
/* The address that this clone got, without its prefix. */
const char *identity_address(void);

int identify(const uint8_t *message, size_t length, struct failure *failure);
