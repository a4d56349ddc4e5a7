#include "meter.h"

#include "test.h"

enum { MILLISECOND_NS = 1000000, SECONDS = 20 };

/* Bytes that a sender with always more of them gets through, which asks again when it is told to. */
static double through(struct meter *meter, enum way way, size_t size, int *asked) {
  double bytes = 0;
  for (uint64_t now = 1; now < (uint64_t)SECONDS * SECOND_NS;) {
    size_t room = meter_stream(meter, way, size, now);
    meter_passed(meter, way, room);
    bytes += (double)room;
    (*asked)++;
    now += room > 0 ? 1000 : meter_wait(meter, way, now);
  }
  return bytes;
}

static void check_stream(uint64_t bits, size_t size) {
  struct meter meter = {0};
  int asked = 0;
  meter_set(&meter, bits, 0);
  double all = (double)bits / 8 * SECONDS, burst = (double)meter.ways[IN].burst, bytes = through(&meter, IN, size, &asked);
  CHECK(bytes > 0.99 * all && bytes <= all + 2 * burst);
  /* So large pieces wake QEMU no more often than fifty times a second; twice asked, the second time in vain. */
  if (size >= bits / 8) CHECK(asked <= 2 * 51 * SECONDS);
  CHECK(meter_stream(&meter, OUT, 10, (uint64_t)SECONDS * SECOND_NS) == 10);
}

/* Of datagrams as much goes in the end; a quarter of a second's worth may go at once. */
static void test_datagrams(void) {
  struct meter meter = {0};
  double bytes = 0, at_once = 0;
  meter_set(&meter, 8000000, 0);
  while (meter_datagram(&meter, OUT, 1)) {
    meter_passed(&meter, OUT, 1000);
    at_once += 1000;
  }
  CHECK(at_once > 250000 && at_once < 280000);
  CHECK(meter_stream(&meter, OUT, 1, 1) == 0 && meter_wait(&meter, OUT, 1) > 200 * MILLISECOND_NS);
  for (uint64_t now = 1; now < (uint64_t)SECONDS * SECOND_NS; now += MILLISECOND_NS / 10) {
    if (!meter_datagram(&meter, OUT, now)) continue;
    meter_passed(&meter, OUT, 1000);
    bytes += 1000;
  }
  CHECK(bytes > 0.99e6 * SECONDS && bytes < 1.02e6 * SECONDS);
}

void test_meter(void) {
  struct meter meter = {0};
  CHECK(meter_stream(&meter, OUT, 1 << 20, 5) == 1 << 20 && meter_datagram(&meter, OUT, 5) && meter_wait(&meter, OUT, 5) == 0);
  check_stream(20000000, 1 << 22);
  check_stream(20000000, 1400);
  check_stream(64000, 1 << 17);
  test_datagrams();
  /* Taken away while it holds. */
  meter_set(&meter, 8000, 10);
  meter_passed(&meter, OUT, 1 << 20);
  CHECK(meter_stream(&meter, OUT, 1, 20) == 0);
  meter_set(&meter, 0, 30);
  CHECK(meter_stream(&meter, OUT, 1 << 20, 30) == 1 << 20 && meter_wait(&meter, OUT, 30) == 0);
}
