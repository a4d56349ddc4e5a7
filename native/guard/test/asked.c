#include "asked.h"

#include "test.h"

void test_asked(void) {
  struct place one, other;
  CHECK(place_parse("127.0.0.1", &one) && place_parse("::1", &other));
  one.port = other.port = 4000;
  CHECK(!asked_lately(3, &one, 0));
  asked_remember(3, &one, 0);
  CHECK(asked_lately(3, &one, 0) && asked_lately(3, &one, ANSWERED_FOR) && !asked_lately(3, &one, ANSWERED_FOR + 1));
  CHECK(!asked_lately(4, &one, 0) && !asked_lately(3, &other, 0));
  one.port++;
  CHECK(!asked_lately(3, &one, 0));
  one.port--;
  asked_remember(3, &one, 100);
  CHECK(asked_lately(3, &one, 100 + ANSWERED_FOR));
  /* A flood: who came last is answered, however many came before. */
  for (uint16_t port = 1; port < 60000; port++) {
    one.port = port;
    asked_remember(3, &one, 200);
    if (!asked_lately(3, &one, 200)) CHECK(false);
  }
}
