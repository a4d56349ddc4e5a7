#include "forward.h"

#include "test.h"

static uint8_t frame[FRAME_LIMIT], got[FRAME_LIMIT];

static void test_good_frames(struct bench *bench) {
  size_t length = make_udp4(bench, frame, 0, 1, 9, "hello", 5);
  /* Padding does not travel. */
  bench_send(bench, 0, frame, length + 7);
  CHECK(bench_got(bench, 1, got) == length && memcmp(got, frame, length) == 0);
  length = make_udp6(bench, frame, 2, 0, 9, "hello", 5);
  bench_send(bench, 2, frame, length);
  CHECK(bench_got(bench, 0, got) == length && memcmp(got, frame, length) == 0);
  CHECK(bench_quiet(bench));
}

/* Every change makes a frame that nobody may get. */
static void expect_refused(struct bench *bench, size_t length) {
  uint64_t before = bench->members[0]->refused;
  bench_send(bench, 0, frame, length);
  CHECK(bench_quiet(bench));
  CHECK(bench->members[0]->refused == before + 1);
}

static void test_forged_frames(struct bench *bench) {
  size_t length = make_udp4(bench, frame, 0, 1, 9, "x", 1);
  memcpy(frame + 6, bench->members[2]->mac.bytes, 6);
  expect_refused(bench, length);
  length = make_udp4(bench, frame, 0, 1, 9, "x", 1);
  memcpy(frame + ETHER_HEADER + 12, bench->members[2]->ip4.bytes, 4);
  expect_refused(bench, length);
  length = make_udp4(bench, frame, 0, 1, 9, "x", 1);
  frame[5] = 0x77;
  expect_refused(bench, length);
  /* To itself, to another's address by this one's MAC, of an unknown kind, of a VLAN. */
  make_udp4(bench, frame, 0, 0, 9, "x", 1);
  expect_refused(bench, length);
  make_udp4(bench, frame, 0, 1, 9, "x", 1);
  memcpy(frame + ETHER_HEADER + 16, bench->members[2]->ip4.bytes, 4);
  expect_refused(bench, length);
  make_udp4(bench, frame, 0, 1, 9, "x", 1);
  put16(frame + 12, 0x8100);
  expect_refused(bench, length);
  length = make_udp6(bench, frame, 0, 1, 9, "x", 1);
  memcpy(frame + ETHER_HEADER + 8, bench->members[2]->ip6.bytes, 16);
  expect_refused(bench, length);
  make_udp6(bench, frame, 0, 1, 9, "x", 1);
  memset(frame + ETHER_HEADER + 8, 0, 16);
  expect_refused(bench, length);
}

static void test_malformed_frames(struct bench *bench) {
  size_t length = make_udp4(bench, frame, 0, 1, 9, "x", 1);
  for (size_t cut = 0; cut < length; cut++) expect_refused(bench, cut);
  frame[ETHER_HEADER] = 0x41;
  expect_refused(bench, length);
  frame[ETHER_HEADER] = 0x65;
  expect_refused(bench, length);
  make_udp4(bench, frame, 0, 1, 9, "x", 1);
  put16(frame + ETHER_HEADER + 2, 19);
  expect_refused(bench, length);
  length = make_udp6(bench, frame, 0, 1, 9, "x", 1);
  for (size_t cut = 0; cut < length; cut++) expect_refused(bench, cut);
  /* A header that says it is longer than the packet, and an endless row of them. */
  frame[ETHER_HEADER + 6] = 60;
  frame[ETHER_HEADER + 41] = 200;
  expect_refused(bench, length);
  make_udp6(bench, frame, 0, 1, 9, "0123456789012345678901234567890123456789012345678901234567890123456789", 70);
  memset(frame + ETHER_HEADER + 40, 0, 78);
  frame[ETHER_HEADER + 6] = 0;
  expect_refused(bench, ETHER_HEADER + 40 + 78);
}

static void test_groups(struct bench *bench) {
  static const uint8_t group[6] = {0x01, 0x00, 0x5e, 0, 0, 0xfb}, all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  size_t length = make_udp4(bench, frame, 0, 1, 5353, "x", 1);
  memcpy(frame, group, 6);
  memcpy(frame + ETHER_HEADER + 16, (uint8_t[]){224, 0, 0, 251}, 4);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) == 0 && bench_got(bench, 1, got) == length && bench_got(bench, 2, got) == length);
  memcpy(frame, all, 6);
  expect_refused(bench, length);
  memcpy(frame + ETHER_HEADER + 16, (uint8_t[]){10, 9, 0, 255}, 4);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 1, got) == length && bench_got(bench, 2, got) == length);
  /* A packet to one member as if it were to all. */
  memcpy(frame + ETHER_HEADER + 16, bench->members[1]->ip4.bytes, 4);
  expect_refused(bench, length);
  /* What goes to all is bounded. */
  memcpy(frame + ETHER_HEADER + 16, (uint8_t[]){255, 255, 255, 255}, 4);
  size_t reached = 0;
  for (int i = 0; i < 5000; i++) {
    bench_send(bench, 0, frame, length);
    if (bench_got(bench, 1, got) > 0) reached++;
    (void)bench_got(bench, 2, got);
  }
  CHECK(reached > 1000 && reached < 4000);
}

static void test_isolated(struct bench *bench) {
  bench->network.joined = false;
  expect_refused(bench, make_udp4(bench, frame, 0, 1, 9, "x", 1));
  expect_refused(bench, make_udp6(bench, frame, 0, 1, 9, "x", 1));
  bench->network.joined = true;
}

void test_forward(void) {
  struct bench bench;
  bench_open(&bench);
  test_good_frames(&bench);
  test_forged_frames(&bench);
  test_malformed_frames(&bench);
  test_groups(&bench);
  test_isolated(&bench);
  bench_close(&bench);
}
