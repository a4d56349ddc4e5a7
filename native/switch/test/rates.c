#include <sys/socket.h>

#include "forward.h"
#include "port.h"
#include "test.h"

enum { MILLISECOND_NS = 1000000, RATE_BITS = 20000000, SECONDS = 20 };

static uint8_t frame[FRAME_LIMIT], got[FRAME_LIMIT];

static void test_bucket(void) {
  struct bucket bucket = {0};
  CHECK(bucket_ready(&bucket, 5) && bucket_wait(&bucket, 5) == 0);
  bucket_set(&bucket, 1000, 100, 0);
  bucket_take(&bucket, 600);
  CHECK(!bucket_ready(&bucket, 0));
  uint64_t wait = bucket_wait(&bucket, 0);
  CHECK(!bucket_ready(&bucket, wait - 5 * MILLISECOND_NS) && bucket_ready(&bucket, wait));
  bucket_set(&bucket, 1000, 100, wait);
  CHECK(bucket.tokens < 100);
  CHECK(bucket_ready(&bucket, (uint64_t)3600 * SECOND_NS) && bucket.tokens == 100);
}

/* What goes through in so many seconds, whoever of both is bounded, in steps of a millisecond. */
static size_t through(struct bench *bench, size_t payload) {
  static uint8_t data[65000];
  size_t length = make_udp4(bench, frame, 0, 1, 9, data, payload), bytes = 0, arrived;
  for (uint64_t now = 1; now < (uint64_t)SECONDS * SECOND_NS; now += MILLISECOND_NS) {
    while (port_may_receive(bench->members[0], now) && bench->members[1]->queue.first == NULL) {
      bucket_take(&bench->members[0]->sent, (int64_t)length);
      forward(&bench->network, bench->members[0], frame, length, now);
      while ((arrived = bench_got(bench, 1, got)) > 0) bytes += arrived;
      if (bench->members[0]->sent.rate == 0 && bench->members[1]->got.rate == 0) return bytes;
    }
    port_flush(&bench->network, bench->members[1], now);
    while ((arrived = bench_got(bench, 1, got)) > 0) bytes += arrived;
  }
  return bytes;
}

static void check_rate(int bounded, size_t payload) {
  struct bench bench;
  bench_open(&bench);
  port_set_rate(bench.members[bounded], RATE_BITS, 1);
  double part = (double)through(&bench, payload) / ((double)RATE_BITS / 8 * SECONDS);
  CHECK(part > 0.95 && part < 1.05);
  bench_close(&bench);
}

/* One that floods leaves room to the others, and memory stays bounded. */
static void test_queue(void) {
  struct bench bench;
  bench_open(&bench);
  static uint8_t data[60000];
  size_t length = make_udp4(&bench, frame, 0, 1, 9, data, sizeof data);
  for (int i = 0; i < 1000; i++) forward(&bench.network, bench.members[0], frame, length, 1);
  const struct queue *queue = &bench.members[1]->queue;
  CHECK(queue->bytes <= bench.members[1]->queue_limit && queue->of[0] <= bench.members[1]->queue_limit / 2 + length);
  CHECK(bench.members[1]->dropped > 0);
  length = make_udp4(&bench, frame, 2, 1, 9, "x", 1);
  forward(&bench.network, bench.members[2], frame, length, 1);
  CHECK(queue->of[2] > 0);
  size_t arrived, last = 0;
  do {
    port_flush(&bench.network, bench.members[1], 1);
    while ((arrived = bench_got(&bench, 1, got)) > 0) last = arrived;
  } while (queue->first != NULL);
  CHECK(last == length && queue->bytes == 0 && queue->of[0] == 0 && queue->of[2] == 0);
  /* What a member that has gone left in another's queue is not counted to whoever gets its place. */
  length = make_udp4(&bench, frame, 0, 1, 9, data, sizeof data);
  for (int i = 0; i < 100; i++) forward(&bench.network, bench.members[0], frame, length, 1);
  member_remove(&bench.network, bench.members[0]);
  bench.members[0] = NULL;
  CHECK(queue->of[0] == 0);
  bench_close(&bench);
}

void test_rates(void) {
  test_bucket();
  check_rate(0, 60000);
  check_rate(0, 100);
  check_rate(1, 60000);
  check_rate(1, 1400);
  test_queue();
}
