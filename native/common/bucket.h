#pragma once
#include <stdbool.h>
#include <stdint.h>

/*
 * A token bucket. It may be overdrawn by one piece, whose size is then waited for: so large frames are counted to the
 * byte at any rate.
 */
struct bucket {
  /* Tokens a second; 0: no bound. */
  uint64_t rate;
  int64_t burst;
  int64_t tokens;
  uint64_t filled_at;
};

enum { SECOND_NS = 1000000000 };

void bucket_set(struct bucket *bucket, uint64_t rate, int64_t burst, uint64_t now);
bool bucket_ready(struct bucket *bucket, uint64_t now);
void bucket_take(struct bucket *bucket, int64_t tokens);
/* Nanoseconds until it is ready; 0 where it is. */
uint64_t bucket_wait(struct bucket *bucket, uint64_t now);
