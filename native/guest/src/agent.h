#pragma once
#include <stdbool.h>

/* Serves the host until the container has ended; then writes everything out and turns the VM off. */
_Noreturn void agent_run(int link, int log, bool image_mounted);
