#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"

/* What somebody in the container has connected to a forwarded socket; the host has the other end. */
struct connection {
  uint32_t channel;
  int fd;
  /* Nothing more will be read of it, or written to it. */
  bool read_all, written_all;
  /* Whoever connected has gone. */
  bool abandoned;
  /* What the host may still be sent. */
  uint32_t credit;
  uint8_t *input;
  size_t input_length;
  bool input_ends;
};

/* Takes what the host sends, bounded by its window; `end` shuts the connection's other direction after it. */
void connection_input(struct connection *connection, struct link *link, const void *data, size_t length, bool end);
/* What is to be waited for; false for nothing. */
bool connection_poll(const struct connection *connection, struct pollfd *out);
/* Reads and writes what can be without waiting. */
void connection_serve(struct connection *connection, struct link *link);
bool connection_done(const struct connection *connection);
