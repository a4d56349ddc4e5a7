#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "frame.h"

/* How a network interface is to be. */
struct interface {
  const char *name;
  /* With the lengths of their prefixes, of either version; NULL at the end. */
  char **addresses;
  /* Of version 4, through which everything else is reached; "" for none. */
  const char *gateway;
  uint32_t mtu;
};

int network_loopback(struct failure *failure);
/* Gives the interface its addresses and brings it up. Without an address of version 6 it has nothing of that version. */
int network_configure(const struct interface *interface, struct failure *failure);
int network_rename(const char *from, const char *to, struct failure *failure);

/*
 * What the host says of networks: INTERFACE sets one up once that of its MAC is there, which the host may just have
 * plugged in; INTERFACE_GONE takes one down, where it is there; NAMES changes how a container resolves names.
 */
int network_take(const struct frame *message, struct failure *failure);
