#pragma once
#include "packet.h"

/* What is written as text, as it comes from the engine. False where it is none. */
bool read_mac(const char *text, mac_address *mac);
bool read_ip4(const char *text, ip4_address *address);
bool read_ip6(const char *text, ip6_address *address);
