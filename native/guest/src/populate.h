#pragma once
#include "failure.h"

/* Fills the volume whose folder is `volume`, where it is empty, with what the container's files have at `target`. */
int populate(const char *target, const char *volume, struct failure *failure);
