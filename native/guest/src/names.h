#pragma once
#include <stdint.h>

/* Names of the kernel's interface, as users write them; all answer -1 for one that is not known. */

/* "SIGTERM", "TERM" or "15". */
int signal_number(const char *name);
/* "nofile". */
int rlimit_number(const char *name);
/* "NET_ADMIN". */
int capability_number(const char *name);
