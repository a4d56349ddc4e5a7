#include "place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "test.h"

static bool loopback(const char *text) {
  struct place place;
  CHECK(place_parse(text, &place));
  return place_is_loopback(&place);
}

void test_place(void) {
  static const char *const within[] = {"127.0.0.1",        "127.0.0.53",     "127.255.255.255",  "0.0.0.0",  "0.1.2.3", "::1", "::",
                                       "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:127.9.9.9"};
  static const char *const without[] = {"126.255.255.255", "128.0.0.1",   "1.0.0.0", "10.0.2.2", "192.168.0.1",  "255.255.255.255",
                                        "::2",             "::127.0.0.1", "fe80::1", "fec0::2",  "2002:7f00:1::", "::ffff:10.0.2.2"};
  for (size_t i = 0; i < sizeof within / sizeof *within; i++) CHECK(loopback(within[i]));
  for (size_t i = 0; i < sizeof without / sizeof *without; i++) CHECK(!loopback(without[i]));

  struct place place;
  struct sockaddr_in ip4 = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(0x7f000001)}};
  CHECK(place_read(&ip4, sizeof ip4, &place) && place_is_loopback(&place) && place.port == 80);
  CHECK(!place_read(&ip4, sizeof ip4 - 1, &place) && !place_read(&ip4, 0, &place) && !place_read(NULL, 16, &place));
  ip4.sin_family = AF_UNSPEC;
  CHECK(place_read(&ip4, sizeof ip4, &place) && place_is_loopback(&place));
  ip4.sin_family = AF_UNIX;
  CHECK(!place_read(&ip4, sizeof ip4, &place));
  struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6, .sin6_port = htons(81), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  CHECK(place_read(&ip6, sizeof ip6, &place) && place_is_loopback(&place) && place.port == 81);
  CHECK(place_read(&ip6, 24, &place) && place_is_loopback(&place) && !place_read(&ip6, 23, &place));
  CHECK(!place_parse("localhost", &place) && !place_parse("", &place) && !place_parse("127.0.0.1:80", &place));
}
