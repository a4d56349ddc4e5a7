#include "dns.h"

#include "dns-name.h"
#include "test.h"

static uint8_t out[DNS_MESSAGE_MAX];

static size_t ask(struct bench *bench, const char *name, uint16_t type) {
  uint8_t question[12 + DNS_NAME_MAX + 4] = {0x12, 0x34, 1, 0, 0, 1};
  size_t length = dns_name_write(name, question + 12);
  put16(question + 12 + length, type);
  put16(question + 14 + length, 1);
  return dns_answer(&bench->network, bench->members[0], question, 16 + length, out);
}

static int result(void) { return out[3] & 15; }
static int count(void) { return get16(out + 6); }
static uint8_t last_byte(size_t length, int record) { return out[length - 1 - (size_t)record * 16]; }

static void test_names(struct bench *bench) {
  size_t length = ask(bench, "web", 1);
  CHECK(result() == 0 && count() == 1 && last_byte(length, 0) == 2 && out[0] == 0x12 && (out[2] & 0x85) == 0x85);
  length = ask(bench, "CACHE.Front", 28);
  CHECK(result() == 0 && count() == 1 && last_byte(length, 0) == 4);
  /* Known, but there is nothing of that kind. */
  (void)ask(bench, "db", 16);
  CHECK(result() == 0 && count() == 0);
  (void)ask(bench, "example.org", 1);
  CHECK(result() == 5);
  (void)ask(bench, "front", 1);
  CHECK(result() == 5);
  int first[256] = {0};
  for (int i = 0; i < 10; i++) {
    length = ask(bench, "all", 1);
    CHECK(count() == 2);
    first[last_byte(length, 1)]++;
  }
  CHECK(first[2] == 5 && first[3] == 5);
}

static void test_links(struct bench *bench) {
  member_set_links(bench->members[0], "Store=db,web=db,gone=nobody");
  size_t length = ask(bench, "store", 1);
  CHECK(result() == 0 && count() == 1 && last_byte(length, 0) == 3);
  length = ask(bench, "WEB", 1);
  CHECK(result() == 0 && count() == 1 && last_byte(length, 0) == 3);
  (void)ask(bench, "gone", 1);
  CHECK(result() == 5);
  (void)ask(bench, "stor", 1);
  CHECK(result() == 5);
  member_set_links(bench->members[0], "");
  (void)ask(bench, "store", 1);
  CHECK(result() == 5);
}

static void test_reverse(struct bench *bench) {
  char name[DNS_NAME_MAX];
  size_t length = ask(bench, "3.0.9.10.in-addr.arpa", 12);
  CHECK(result() == 0 && count() == 1);
  CHECK(dns_name_read(out, length, length - 10, name) == length && strcmp(name, "db.front") == 0);
  (void)ask(bench, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", 12);
  CHECK(result() == 0 && count() == 1);
  (void)ask(bench, "99.0.9.10.in-addr.arpa", 12);
  CHECK(result() == 3);
  (void)ask(bench, "1.1.1.1.in-addr.arpa", 12);
  CHECK(result() == 5);
  (void)ask(bench, "x.0.9.10.in-addr.arpa", 12);
  CHECK(result() == 5);
}

static void test_bad_questions(struct bench *bench) {
  uint8_t question[64] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 'w', 'e', 'b', 0, 0, 1, 0, 1};
  CHECK(dns_answer(&bench->network, bench->members[0], question, 21, out) > 21);
  for (size_t cut = 0; cut < 21; cut++) CHECK(dns_answer(&bench->network, bench->members[0], question, cut, out) == 0);
  question[2] = 0x81;
  CHECK(dns_answer(&bench->network, bench->members[0], question, 21, out) == 0);
  question[2] = 1;
  question[12] = 0xc0;
  CHECK(dns_answer(&bench->network, bench->members[0], question, 21, out) == 0);
  question[12] = 3;
  question[14] = '.';
  CHECK(dns_answer(&bench->network, bench->members[0], question, 21, out) == 0);
}

static void test_over_the_wire(struct bench *bench) {
  static uint8_t frame[FRAME_LIMIT], got[FRAME_LIMIT];
  const uint8_t question[] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 'd', 'b', 0, 0, 1, 0, 1};
  bench_send(bench, 0, frame, make_udp4(bench, frame, 0, -1, 53, question, sizeof question));
  size_t length = bench_got(bench, 0, got);
  CHECK(length == ETHER_HEADER + 20 + 8 + sizeof question + 16 && got[length - 1] == 3);
  CHECK(checksum(sum_bytes(0, got + ETHER_HEADER, 20)) == 0 && get16(got + ETHER_HEADER + 20) == 53);
  CHECK(transport_checksum(got + ETHER_HEADER + 12, 8, PROTOCOL_UDP, got + ETHER_HEADER + 20,
                           length - ETHER_HEADER - 20) == 0xffff);
  bench_send(bench, 0, frame, make_udp6(bench, frame, 0, -1, 53, question, sizeof question));
  length = bench_got(bench, 0, got);
  CHECK(length > 0 && transport_checksum(got + ETHER_HEADER + 8, 32, PROTOCOL_UDP, got + ETHER_HEADER + 40,
                                         length - ETHER_HEADER - 40) == 0xffff);
  /* Anything else at the gateway is not answered. */
  bench_send(bench, 0, frame, make_udp4(bench, frame, 0, -1, 54, question, sizeof question));
  CHECK(bench_quiet(bench));
}

void test_dns(void) {
  struct bench bench;
  bench_open(&bench);
  test_names(&bench);
  test_links(&bench);
  test_reverse(&bench);
  test_bad_questions(&bench);
  test_over_the_wire(&bench);
  bench_close(&bench);
}
