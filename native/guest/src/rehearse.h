#pragma once
#include "failure.h"
#include "spec.h"

/*
 * Goes once through what a start does, in a child whose mounts nobody else sees, and leaves nothing of it: what the
 * kernel and this agent need for a start is then in memory, and under emulation translated. No program of the image is
 * executed, and nothing is written to the disk.
 */
void rehearse(const struct spec *spec);
