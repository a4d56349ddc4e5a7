#include "resolver.h"

#include <string.h>

#include "test.h"

void test_resolver(void) {
  struct resolver resolver = {.count = 3, .inside = 1};
  unsigned char message[64] = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 'd', 'b', 0, 0, 1, 0, 1, 0, 0, 41};
  /* A network that does not know the name passes it on; of the outside only the last one's failure counts. */
  message[3] = DNS_REFUSED;
  CHECK(!resolver_settles(&resolver, 0, message) && !resolver_settles(&resolver, 1, message));
  CHECK(resolver_settles(&resolver, 2, message));
  message[3] = DNS_NO_SUCH_NAME;
  CHECK(resolver_settles(&resolver, 0, message) && resolver_settles(&resolver, 1, message));
  message[3] = DNS_SERVER_FAILURE;
  CHECK(resolver_settles(&resolver, 0, message) && !resolver_settles(&resolver, 1, message));
  CHECK(resolver_give_up(&resolver, message, 23) == 20 && (message[3] & 15) == DNS_SERVER_FAILURE && message[11] == 0);
  resolver.inside = 3;
  message[2] = 1;
  CHECK(resolver_give_up(&resolver, message, 20) == 20 && (message[3] & 15) == DNS_NO_SUCH_NAME);
  CHECK((message[2] & 0x81) == 0x81);
  /* A name that runs past the end. */
  message[12] = 63;
  CHECK(resolver_give_up(&resolver, message, 20) == 20);
}
