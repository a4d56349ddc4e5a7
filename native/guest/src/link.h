#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "frame.h"

/* The agent's end of the link to the host: one connection at a time, any number one after the other. */
struct link {
  int fd;
  struct frame_reader reader;
  /* Waiting to be written. */
  uint8_t *queue;
  size_t queued, room;
  /* A message that comes in several frames. */
  uint8_t *message;
  size_t message_length;
  /* The host is not there: nothing is polled until the kernel signals a change. */
  bool away;
};

void link_open(struct link *link, int fd);
/* Forgets all of a connection that has ended. */
void link_reset(struct link *link);

/* Queues a frame and writes what goes at once. Past a bound that no honest host reaches the connection is forgotten. */
void link_send(struct link *link, uint8_t type, uint32_t channel, const void *payload, size_t length);
void link_send_failure(struct link *link, uint32_t channel, const struct failure *failure);
/* Writes what it can without waiting. */
void link_flush(struct link *link);
bool link_wants_write(const struct link *link);

/* Reads what is there; 0 when the host has gone, else 1. */
int link_receive(struct link *link);

/*
 * The next whole message; its payload holds until the call after. A message that is too long is passed over.
 */
bool link_next(struct link *link, struct frame *message);
