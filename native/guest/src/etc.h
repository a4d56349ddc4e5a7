#pragma once
#include "failure.h"
#include "spec.h"

/*
 * Writes the files that every container finds in /etc, in the agent's own file system, and has names resolved as they
 * say. `nat` is the address that the container calls itself by where its networks give it none. Called again while it
 * runs: the container's files are these very ones.
 */
int etc_write(const struct spec *spec, const char *nat, struct failure *failure);
