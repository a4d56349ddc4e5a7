#pragma once
#include <stddef.h>

#include "bucket.h"

/*
 * What goes through one NAT, held to a rate each way. Streams are held back: whoever sends waits, and nothing is lost.
 * Datagrams may run ahead by a quarter of a second; what is more is lost, as on any line.
 */
enum way { OUT, IN, WAYS };

struct meter {
  struct bucket ways[WAYS];
};

/* Bits a second each way; 0: no bound. Costs nothing where it is told again. */
void meter_set(struct meter *meter, uint64_t bits, uint64_t now);
/* How much of `size` bytes of a stream may go now; 0: nothing, for `meter_wait` nanoseconds. */
size_t meter_stream(struct meter *meter, enum way way, size_t size, uint64_t now);
/* Whether a datagram may go now. */
bool meter_datagram(struct meter *meter, enum way way, uint64_t now);
/* That so many bytes went. */
void meter_passed(struct meter *meter, enum way way, size_t bytes);
/* Nanoseconds until a stream may go on; 0 where it may. */
uint64_t meter_wait(struct meter *meter, enum way way, uint64_t now);
