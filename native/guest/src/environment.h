#pragma once
#include "failure.h"
#include "spec.h"
#include "user.h"

/* Makes the process's environment: what was asked for, and what Docker adds where that is silent. */
int environment_set(const struct spec *spec, const struct identity *identity, struct failure *failure);
