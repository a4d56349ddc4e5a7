#pragma once
#include "place.h"

/* What the workstation says of its loopback now. */
struct facts {
  /* Ports that the container may reach, with whitespace between; "" for none. */
  const char *ports;
  /* The content of /etc/resolv.conf. */
  const char *resolv_conf;
};

/*
 * Whether a guest's connection, or datagram, may go to this place of the loopback: a port that was named, at the
 * address that QEMU's user network takes the gateway's for, or the workstation's own name server.
 */
bool rules_allow(const struct place *to, const struct facts *facts);
