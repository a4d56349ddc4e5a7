#include "rules.h"

#include <string.h>

#include "test.h"

static bool allows(const char *address, uint16_t port, const struct facts *facts) {
  struct place place;
  CHECK(place_parse(address, &place));
  place.port = port;
  return rules_allow(&place, facts);
}

void test_rules(void) {
  const struct facts stub = {.ports = "5432\n53000\n", .resolv_conf = "nameserver 127.0.0.53\n"};
  CHECK(allows("127.0.0.1", 5432, &stub) && allows("127.0.0.1", 53000, &stub) && allows("127.0.0.53", 53, &stub));
  CHECK(!allows("127.0.0.1", 5433, &stub) && !allows("127.0.0.2", 5432, &stub) && !allows("::1", 5432, &stub));
  CHECK(!allows("0.0.0.0", 5432, &stub) && !allows("127.0.0.1", 53, &stub) && !allows("127.0.0.53", 5432, &stub));
  const struct facts plain = {.ports = "", .resolv_conf = "nameserver 192.0.2.1\n"};
  CHECK(!allows("127.0.0.1", 53, &plain) && !allows("127.0.0.1", 0, &plain) && !allows("::", 53, &plain));
  const struct facts named = {.ports = "53", .resolv_conf = "nameserver 192.0.2.1\n"};
  CHECK(allows("127.0.0.1", 53, &named) && !allows("127.0.0.2", 53, &named));
}
