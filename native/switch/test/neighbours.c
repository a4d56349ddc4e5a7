#include "test.h"

static uint8_t frame[FRAME_LIMIT], got[FRAME_LIMIT];

static size_t make_arp(const struct bench *bench, int from, const uint8_t *wanted) {
  const struct member *sender = bench->members[from];
  static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  put_ether(frame, all, sender->mac.bytes, TYPE_ARP);
  memcpy(frame + 14, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
  memcpy(frame + 22, sender->mac.bytes, 6);
  memcpy(frame + 28, sender->ip4.bytes, 4);
  memset(frame + 32, 0, 6);
  memcpy(frame + 38, wanted, 4);
  return 42;
}

static void test_arp(struct bench *bench) {
  size_t length = make_arp(bench, 0, bench->members[1]->ip4.bytes);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) == 42 && got[21] == 2);
  CHECK(same_mac(got + 22, bench->members[1]->mac.bytes) && same_ip4(got + 28, bench->members[1]->ip4.bytes));
  length = make_arp(bench, 0, bench->network.gateway_ip4.bytes);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) == 42 && same_mac(got + 22, bench->network.gateway_mac.bytes));
  /* Of itself, of nobody, as another, as an answer that nobody asked for. */
  bench_send(bench, 0, frame, make_arp(bench, 0, bench->members[0]->ip4.bytes));
  bench_send(bench, 0, frame, make_arp(bench, 0, (uint8_t[]){10, 9, 0, 77}));
  length = make_arp(bench, 0, bench->members[1]->ip4.bytes);
  memcpy(frame + 28, bench->members[2]->ip4.bytes, 4);
  bench_send(bench, 0, frame, length);
  make_arp(bench, 0, bench->members[1]->ip4.bytes);
  memcpy(frame + 22, bench->members[2]->mac.bytes, 6);
  bench_send(bench, 0, frame, length);
  make_arp(bench, 0, bench->members[1]->ip4.bytes);
  frame[21] = 2;
  memcpy(frame, bench->members[1]->mac.bytes, 6);
  bench_send(bench, 0, frame, length);
  CHECK(bench_quiet(bench));
}

static size_t make_icmp6(const struct bench *bench, int from, uint8_t type, const uint8_t *target) {
  const struct member *sender = bench->members[from];
  const uint8_t group[6] = {0x33, 0x33, 0xff, target[13], target[14], target[15]};
  uint8_t *packet = frame + ETHER_HEADER;
  put_ether(frame, group, sender->mac.bytes, TYPE_IP6);
  memset(packet, 0, 40 + 24);
  packet[0] = 0x60;
  put16(packet + 4, 24);
  packet[6] = PROTOCOL_ICMP6;
  packet[7] = 255;
  memcpy(packet + 8, sender->ip6.bytes, 16);
  memcpy(packet + 24, (uint8_t[]){0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, target[13], target[14], target[15]}, 16);
  packet[40] = type;
  memcpy(packet + 48, target, 16);
  return ETHER_HEADER + 64;
}

static void test_solicitations(struct bench *bench) {
  size_t length = make_icmp6(bench, 0, 135, bench->members[1]->ip6.bytes);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) == ETHER_HEADER + 72 && got[ETHER_HEADER + 40] == 136);
  CHECK(same_mac(got + ETHER_HEADER + 66, bench->members[1]->mac.bytes) && (got[ETHER_HEADER + 44] & 0x40) != 0);
  CHECK(transport_checksum(got + ETHER_HEADER + 8, 32, PROTOCOL_ICMP6, got + ETHER_HEADER + 40, 32) == 0xffff);
  /* Whether its own address is free, and whether another's is. */
  length = make_icmp6(bench, 0, 135, bench->members[0]->ip6.bytes);
  memset(frame + ETHER_HEADER + 8, 0, 16);
  bench_send(bench, 0, frame, length);
  CHECK(bench_quiet(bench));
  length = make_icmp6(bench, 0, 135, bench->members[1]->link_local.bytes);
  memset(frame + ETHER_HEADER + 8, 0, 16);
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) > 0 && got[0] == 0x33 && (got[ETHER_HEADER + 44] & 0x40) == 0);
  /* Advertisements, routers, redirects, groups: nobody hears of them, behind another header either. */
  static const uint8_t kinds[] = {130, 131, 132, 133, 134, 136, 137, 143};
  for (size_t i = 0; i < sizeof kinds; i++) {
    bench_send(bench, 0, frame, make_icmp6(bench, 0, kinds[i], bench->members[1]->ip6.bytes));
    length = make_icmp6(bench, 0, kinds[i], bench->members[1]->ip6.bytes);
    memmove(frame + ETHER_HEADER + 48, frame + ETHER_HEADER + 40, 24);
    memset(frame + ETHER_HEADER + 40, 0, 8);
    frame[ETHER_HEADER + 40] = PROTOCOL_ICMP6;
    frame[ETHER_HEADER + 6] = 0;
    put16(frame + ETHER_HEADER + 4, 32);
    bench_send(bench, 0, frame, length + 8);
  }
  CHECK(bench_quiet(bench));
}

static void test_redirect(struct bench *bench) {
  size_t length = make_udp4(bench, frame, 0, 1, 9, "12345678", 8);
  frame[ETHER_HEADER + 9] = PROTOCOL_ICMP4;
  frame[ETHER_HEADER + 20] = 5;
  bench_send(bench, 0, frame, length);
  CHECK(bench_quiet(bench));
  frame[ETHER_HEADER + 20] = 8;
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 1, got) == length);
  /* The gateway answers an echo itself. */
  length = make_udp4(bench, frame, 0, -1, 9, "12345678", 8);
  frame[ETHER_HEADER + 9] = PROTOCOL_ICMP4;
  frame[ETHER_HEADER + 20] = 8;
  bench_send(bench, 0, frame, length);
  CHECK(bench_got(bench, 0, got) == length && got[ETHER_HEADER + 20] == 0);
  CHECK(checksum(sum_bytes(0, got + ETHER_HEADER, 20)) == 0 && checksum(sum_bytes(0, got + ETHER_HEADER + 20, 16)) == 0);
}

void test_neighbours(void) {
  struct bench bench;
  bench_open(&bench);
  test_arp(&bench);
  test_solicitations(&bench);
  test_redirect(&bench);
  bench_close(&bench);
}
