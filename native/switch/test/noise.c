#include <stdlib.h>

#include "test.h"

/* Frames with some bytes changed, of every length: nothing breaks, and nobody gets one with another's addresses. */
void test_noise(void) {
  static uint8_t frame[FRAME_LIMIT], got[FRAME_LIMIT];
  struct bench bench;
  bench_open(&bench);
  const uint8_t question[] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 'd', 'b', 0, 0, 1, 0, 1};
  bool forged = false;
  srandom(1);
  for (int i = 0; i < 200000; i++) {
    int to = (int)(random() % 3) - 1;
    size_t length = (random() & 1) ? make_udp4(&bench, frame, 0, to, 53, question, sizeof question)
                                   : make_udp6(&bench, frame, 0, to, 53, question, sizeof question);
    for (long changes = random() % 4; changes > 0; changes--) frame[(size_t)random() % length] = (uint8_t)random();
    if ((random() & 3) == 0) length = (size_t)random() % (length + 1);
    bench_send(&bench, 0, frame, length);
    for (int at = 1; at < MEMBERS; at++) {
      size_t arrived = bench_got(&bench, at, got);
      if (arrived == 0) continue;
      forged |= !same_mac(got + 6, bench.members[0]->mac.bytes);
      if (get16(got + 12) == TYPE_IP4) forged |= !same_ip4(got + 26, bench.members[0]->ip4.bytes);
      if (get16(got + 12) == TYPE_IP6) forged |= !member_has_ip6(bench.members[0], got + 22);
    }
    while (bench_got(&bench, 0, got) > 0) continue;
  }
  CHECK(!forged);
  bench_close(&bench);
}
