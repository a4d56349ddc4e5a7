#pragma once
#include <netinet/in.h>

/* Adds an address that is usable at once: nobody is asked whether it is free. -1 with errno. */
int netlink_add_address6(const char *interface, const struct in6_addr *address, int prefix);
