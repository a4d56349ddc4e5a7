#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

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

/* The same by an INTERFACE message, once the interface of its MAC is there: the host may just have plugged it in. */
int network_message(const uint8_t *message, size_t length, struct failure *failure);
/* By INTERFACE_GONE: takes the interface of that MAC down, where it is there. */
int network_message_gone(const uint8_t *message, size_t length, struct failure *failure);
