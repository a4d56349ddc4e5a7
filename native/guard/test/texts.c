#include "texts.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

static bool serves(const char *resolv_conf, const char *address) {
  struct place place;
  CHECK(place_parse(address, &place));
  return is_name_server(resolv_conf, &place);
}

static void test_ports(void) {
  CHECK(ports_name("5432\n8080\n", 5432) && ports_name("5432\n8080\n", 8080) && ports_name("1 2\t3", 3));
  CHECK(!ports_name("", 0) && !ports_name("5432", 543) && !ports_name("543", 5432) && !ports_name("54x", 54));
  CHECK(!ports_name("65616", 80) && !ports_name("4294967376", 80) && !ports_name("-80", 80) && !ports_name("8080", 0));
}

static void test_resolv_conf(void) {
  const char *usual = "# made by hand\nsearch lan\nnameserver 127.0.0.53\nnameserver\t::1\noptions edns0\n";
  CHECK(serves(usual, "127.0.0.53") && serves(usual, "::1"));
  CHECK(!serves(usual, "127.0.0.1") && !serves(usual, "127.0.0.54"));
  CHECK(serves("nameserver 127.0.0.1", "127.0.0.1") && serves("nameserver 127.0.0.1\r\n", "127.0.0.1"));
  CHECK(!serves("#nameserver 127.0.0.2\nnameserver 9.9.9.9\n", "127.0.0.2") && !serves("nameservers 127.0.0.2", "127.0.0.2"));
  CHECK(!serves("nameserver127.0.0.2\nnameserver 9.9.9.9", "127.0.0.2"));
  /* Without any it is the workstation itself. */
  CHECK(serves("", "127.0.0.1") && serves("search lan\n", "127.0.0.1") && !serves("", "127.0.0.2") && !serves("", "::1"));
  CHECK(!serves("nameserver 9.9.9.9", "127.0.0.1") && serves("nameserver nonsense", "127.0.0.1"));
}

/* No text makes it read on; each lies in room of its exact size. */
static void test_any(void) {
  static const char words[][16] = {"nameserver", "nameserver ", "127.0.0.1", "\n", " ", "80", "65536", "#", "::1", "\t", "search"};
  struct place place;
  CHECK(place_parse("127.0.0.1", &place));
  srandom(2);
  for (int i = 0; i < 100000; i++) {
    char text[256] = "";
    for (long word = random() % 12; word > 0; word--) strcat(text, words[(size_t)random() % (sizeof words / sizeof *words)]);
    if (text[0] != 0 && (random() & 1)) text[(size_t)random() % strlen(text)] = (char)(random() % 255 + 1);
    char *exact = strdup(text);
    (void)ports_name(exact, 80);
    (void)is_name_server(exact, &place);
    free(exact);
  }
}

void test_texts(void) {
  test_ports();
  test_resolv_conf();
  test_any();
}
