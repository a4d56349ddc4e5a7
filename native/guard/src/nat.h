#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "meter.h"
#include "state.h"

/* How the calls of QEMU's user network are counted and held to the rate that the engine tells. */
void nat_open(struct state *state);
/*
 * How much of `size` bytes may go by this socket now, of a datagram all or nothing: 0 where nothing may. Any other file's:
 * all.
 */
size_t nat_room(int fd, enum way way, size_t size);
/* That so much went by this socket. Negative: nothing. */
void nat_passed(int fd, enum way way, ssize_t bytes);
/*
 * Of sockets that are polled, takes away what they would be ready for in vain while the rate holds them. Answers whether
 * there is any, and then in how many nanoseconds that is over.
 */
bool nat_mask(struct pollfd *fds, size_t count, uint64_t *wait);
