#include "bucket.h"

void bucket_set(struct bucket *bucket, uint64_t rate, int64_t burst, uint64_t now) {
  /* An equal rate told again must not fill the bucket anew. */
  if (bucket->rate == rate && bucket->burst == burst) return;
  *bucket = (struct bucket){.rate = rate, .burst = burst, .tokens = burst, .filled_at = now};
}

static void fill(struct bucket *bucket, uint64_t now) {
  uint64_t passed = now - bucket->filled_at;
  /* A long rest fills it in any case; and so no product overflows. */
  if (passed > 10 * (uint64_t)SECOND_NS) passed = 10 * (uint64_t)SECOND_NS;
  int64_t gained = (int64_t)((__uint128_t)passed * bucket->rate / SECOND_NS);
  if (gained == 0) return;
  bucket->tokens = bucket->tokens + gained > bucket->burst ? bucket->burst : bucket->tokens + gained;
  bucket->filled_at = now;
}

bool bucket_ready(struct bucket *bucket, uint64_t now) {
  if (bucket->rate == 0) return true;
  fill(bucket, now);
  return bucket->tokens > 0;
}

void bucket_take(struct bucket *bucket, int64_t tokens) {
  if (bucket->rate != 0) bucket->tokens -= tokens;
}

uint64_t bucket_wait(struct bucket *bucket, uint64_t now) {
  if (bucket_ready(bucket, now)) return 0;
  return (uint64_t)((__uint128_t)(1 - bucket->tokens) * SECOND_NS / bucket->rate) + 1;
}
