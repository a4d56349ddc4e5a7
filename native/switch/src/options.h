#pragma once
#include "network.h"

/* Reads the command line into an empty network; answers what is wrong with it, or NULL. */
const char *options_read(struct network *network, int argc, char **argv);
