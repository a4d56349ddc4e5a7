#pragma once
#include "control.h"

/* Passes frames on and listens to the engine until it is told to end. -1 with errno. */
int serve(struct network *network, struct control *control);
