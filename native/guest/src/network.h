#pragma once
#include <stdbool.h>
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
/* Takes the interface down again, and its address of version 4 from it. */
void network_reset(const char *interface);
/* Where another interface has the name already, that one is called by a spare name. Both go down for it. */
int network_rename(const char *from, const char *to, struct failure *failure);
int network_set_mac(const char *interface, const char *mac, struct failure *failure);
bool network_is_up(const char *interface);
int network_take_down(const char *interface);

/*
 * What the host says of networks: INTERFACE sets one up once that of its MAC is there, which the host may just have
 * plugged in; INTERFACE_GONE takes one down, where it is there; NAMES changes how a container resolves names. In a
 * copy of a running VM (`copied`) what is taken down is the parent's, and never comes up again.
 */
int network_take(const struct frame *message, bool copied, struct failure *failure);
