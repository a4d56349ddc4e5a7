#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* Makes this clone one of its own: seed, clock, names, network. After a failure nothing may be started. */
int identify(const uint8_t *message, size_t length, struct failure *failure);
