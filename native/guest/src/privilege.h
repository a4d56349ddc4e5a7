#pragma once
#include "failure.h"
#include "spec.h"
#include "user.h"

/* Limits, capabilities, groups, user, in the order in which each is still allowed. */
int privilege_drop(const struct spec *spec, const struct identity *identity, struct failure *failure);
