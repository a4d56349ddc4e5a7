#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "connection.h"
#include "failure.h"
#include "frame.h"
#include "link.h"
#include "mounts.h"

/* CONNECTIONS and on are channels that the guest numbers. */
enum { CONNECTIONS_MAX = 128 };
#define CONNECTIONS UINT32_C(0x80000000)

/* Unix sockets of the host that the container sees: the agent listens, and the host connects. */
struct sockets {
  struct link *link;
  /* By the number of the mount, -1 where that is none. */
  int listening[MOUNTS_MAX];
  struct connection *connections[CONNECTIONS_MAX];
  size_t count;
  uint32_t next;
  /* A host has said that it takes connections; without one they wait in the kernel's queue. */
  bool hosted;
};

void sockets_init(struct sockets *sockets, struct link *link);
/* Listens at `path`. `options` may hold mode=OCTAL, uid=N and gid=N. */
int sockets_listen(struct sockets *sockets, uint32_t number, const char *path, const char *options,
                   struct failure *failure);
/* The host has gone, or another has come: its connections have broken, and listening goes on. */
void sockets_forget_host(struct sockets *sockets);
/* A message of the host on one of the guest's channels. */
void sockets_message(struct sockets *sockets, const struct frame *message);
/* Adds what is to be waited for; answers the number. At most MOUNTS_MAX + CONNECTIONS_MAX. */
size_t sockets_poll(const struct sockets *sockets, struct pollfd *out);
void sockets_serve(struct sockets *sockets);
