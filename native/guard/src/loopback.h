#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Where the engine names the ports that the guest may reach: each time read anew. NULL: none. */
void loopback_ports_in(const char *path);
/* Whether something may be sent, or connected, to that address; `answers`: by this socket one that asked may be answered. */
bool loopback_allows(int fd, const void *address, size_t length, bool answers);
/* That something came from there by this socket. */
void loopback_asked(int fd, const void *address, size_t length);
