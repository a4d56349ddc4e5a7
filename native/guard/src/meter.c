#include "meter.h"

/* At a time a fiftieth of a second's worth goes, so that QEMU wakes up for it no more often; at least so many bytes. */
enum { BURSTS = 50, BURST_LEAST = 4096, AHEAD = 4 };

void meter_set(struct meter *meter, uint64_t bits, uint64_t now) {
  uint64_t rate = bits / 8;
  int64_t burst = (int64_t)(rate / BURSTS) > BURST_LEAST ? (int64_t)(rate / BURSTS) : BURST_LEAST;
  for (size_t i = 0; i < WAYS; i++) bucket_set(&meter->ways[i], rate, burst, now);
}

size_t meter_stream(struct meter *meter, enum way way, size_t size, uint64_t now) {
  struct bucket *bucket = &meter->ways[way];
  if (bucket->rate == 0) return size;
  if (!bucket_ready(bucket, now)) return 0;
  return size < (size_t)bucket->burst ? size : (size_t)bucket->burst;
}

bool meter_datagram(struct meter *meter, enum way way, uint64_t now) {
  struct bucket *bucket = &meter->ways[way];
  return bucket_ready(bucket, now) || bucket->tokens > -(int64_t)(bucket->rate / AHEAD);
}

void meter_passed(struct meter *meter, enum way way, size_t bytes) { bucket_take(&meter->ways[way], (int64_t)bytes); }

uint64_t meter_wait(struct meter *meter, enum way way, uint64_t now) { return bucket_wait(&meter->ways[way], now); }
