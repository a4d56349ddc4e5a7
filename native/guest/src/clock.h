#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* Sets the guest's clock to what a message says, as one that has just been copied needs it. */
int clock_set(const uint8_t *message, size_t length, struct failure *failure);
/*
 * The same while a container runs: of a clock that was right until the VM, or the workstation, stood still. One that is
 * ahead by no more than a second stays: the message was under way for a while, and time should not go back.
 */
int clock_follow(const uint8_t *message, size_t length, struct failure *failure);
