#pragma once
#include <stddef.h>
#include <stdint.h>

#include "container.h"
#include "failure.h"
#include "process.h"

/* Makes a container that was frozen while it ran one of its own, and lets it go on. After `identify`. */
int wake(struct container *container, struct processes *processes, const uint8_t *message, size_t length,
         struct failure *failure);
