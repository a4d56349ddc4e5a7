#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "place.h"
#include "test.h"

enum { ROUNDS = 300000 };

/* Beginnings that lead somewhere special more often than chance would. */
static const uint8_t beginnings[][16] = {
    {0}, {[10] = 0xff, [11] = 0xff, 127}, {[10] = 0xff, [11] = 0xff}, {[15] = 1}, {[12] = 127}, {0xfe, 0x80}, {0xff, 0x02}, {0x20, 0x02, 127}};

static size_t make(uint8_t *address) {
  struct sockaddr_in6 six = {.sin6_family = AF_INET6};
  struct sockaddr_in four = {.sin_family = (random() & 7) == 0 ? AF_UNSPEC : AF_INET};
  uint8_t bytes[16];
  memcpy(bytes, beginnings[(size_t)random() % (sizeof beginnings / sizeof *beginnings)], sizeof bytes);
  for (long changes = random() % 4; changes > 0; changes--) bytes[random() % 16] = (uint8_t)random();
  six.sin6_port = four.sin_port = (in_port_t)random();
  memcpy(&six.sin6_addr, bytes, 16);
  memcpy(&four.sin_addr, bytes + 12, 4);
  size_t length = (random() & 1) ? sizeof six : sizeof four;
  memcpy(address, length == sizeof six ? (void *)&six : (void *)&four, length);
  if ((random() & 15) == 0) address[random() % (long)length] = (uint8_t)random();
  if ((random() & 7) == 0) length = (size_t)random() % (length + 1);
  return length;
}

/* By the kernel: a socket for datagrams that it joins to somewhere has the address that leads there. */
static bool leads_to_loopback(const void *address, size_t length) {
  uint8_t own[sizeof(struct sockaddr_in6)];
  socklen_t own_length = sizeof own;
  sa_family_t family = 0;
  struct place place;
  if (length >= sizeof family) memcpy(&family, address, sizeof family);
  int fd = socket(family == AF_INET6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool leads = fd >= 0 && family != AF_UNSPEC && connect(fd, address, (socklen_t)length) == 0 &&
               getsockname(fd, (void *)own, &own_length) == 0 && place_read(own, own_length, &place) && place_is_loopback(&place);
  if (fd >= 0) close(fd);
  return leads;
}

/* Whatever the kernel leads to the loopback is taken for it. Copies of the exact size, so that reading on is found out. */
void test_noise(void) {
  bool missed = false;
  int led = 0;
  srandom(1);
  for (int i = 0; i < ROUNDS; i++) {
    uint8_t made[sizeof(struct sockaddr_in6)];
    size_t length = make(made);
    uint8_t *address = malloc(length > 0 ? length : 1);
    struct place place;
    memcpy(address, made, length);
    bool taken = place_read(address, length, &place) && place_is_loopback(&place);
    if (leads_to_loopback(address, length)) {
      led++;
      missed |= !taken;
    }
    free(address);
  }
  CHECK(!missed);
  CHECK(led > ROUNDS / 100);
}
