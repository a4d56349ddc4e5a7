#pragma once
#include "place.h"

/* Whether a text of ports, with whitespace between, names this one. */
bool ports_name(const char *text, uint16_t port);
/* Whether a resolv.conf names this as a name server; one that names none means the workstation itself. */
bool is_name_server(const char *resolv_conf, const struct place *place);
