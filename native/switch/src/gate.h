#pragma once
#include <poll.h>

#include "network.h"

/*
 * A way through which all goes that one container sends to its NAT, or gets from there: QEMU's network filters hand
 * frames over, and take them back, by stream sockets, each frame with its length before it (32 bits, network order).
 * What comes is always taken at once, as QEMU would stand still otherwise; what is too much for the rate waits here, and
 * what is too much for the queue is dropped.
 */
enum { LANES = 2, LANE_SOCKETS = 2, GATE_SOCKETS = LANES * LANE_SOCKETS, LANE_HEADER = 4 };

/* One direction. */
struct lane {
  /* Where QEMU's frames come from, and where they go back to; -1 while QEMU does not listen there. */
  int from, to;
  uint8_t in[LANE_HEADER + FRAME_LIMIT];
  size_t filled;
  /* Of a frame that is longer than any may be. */
  size_t to_skip;
  struct queue queue;
  size_t queue_limit;
  /* How much of the first frame that waits has gone, its header included. */
  size_t gone;
  struct bucket bucket;
  uint64_t bytes, dropped;
};

struct gate {
  char id[ID_ROOM];
  uint64_t tried_at;
  /* What the container sends, and what it gets. */
  struct lane lanes[LANES];
};

struct gate *gate_by_id(struct network *network, const char *id);
/* Takes a free place; NULL where there is none. */
struct gate *gate_add(struct network *network, const char *id);
/* Removes it and the files of its sockets. */
void gate_remove(struct network *network, struct gate *gate);
/* Bits a second in each direction; 0: no bound. */
void gate_set_rate(struct gate *gate, uint64_t bits, uint64_t now);

/* Fills in GATE_SOCKETS of what to poll; answers in how many nanoseconds it wants its turn, whatever comes. */
uint64_t gate_poll(struct gate *gate, struct pollfd *out, uint64_t now);
/* Joins it to QEMU where it is not, takes what came, and lets through what may go. */
void gate_serve(const struct network *network, struct gate *gate, uint64_t now);
