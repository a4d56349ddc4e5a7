#include "place.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

static void set_ip4(struct place *place, const void *address) {
  memcpy(place->address, mapped, sizeof mapped);
  memcpy(place->address + sizeof mapped, address, 4);
}

bool place_read(const void *address, size_t length, struct place *place) {
  sa_family_t family;
  if (address == NULL || length < sizeof family) return false;
  memcpy(&family, address, sizeof family);
  /* The kernel takes an address of no family for one of version 4 where datagrams are sent. */
  if (family == AF_INET || family == AF_UNSPEC) {
    struct sockaddr_in read = {0};
    if (length < sizeof read) return false;
    memcpy(&read, address, sizeof read);
    set_ip4(place, &read.sin_addr);
    place->port = ntohs(read.sin_port);
    return true;
  }
  struct sockaddr_in6 read = {0};
  /* As short as the kernel takes it, without the scope. */
  if (family != AF_INET6 || length < offsetof(struct sockaddr_in6, sin6_scope_id)) return false;
  memcpy(&read, address, offsetof(struct sockaddr_in6, sin6_scope_id));
  memcpy(place->address, &read.sin6_addr, sizeof place->address);
  place->port = ntohs(read.sin6_port);
  return true;
}

bool place_parse(const char *text, struct place *place) {
  uint8_t ip4[4];
  place->port = 0;
  if (inet_pton(AF_INET6, text, place->address) == 1) return true;
  if (inet_pton(AF_INET, text, ip4) != 1) return false;
  set_ip4(place, ip4);
  return true;
}

bool place_is_loopback(const struct place *place) {
  const uint8_t *a = place->address;
  if (memcmp(a, mapped, sizeof mapped) == 0) return a[12] == 127 || a[12] == 0;
  for (size_t i = 0; i < 15; i++) {
    if (a[i] != 0) return false;
  }
  return a[15] <= 1;
}

bool place_same_address(const struct place *one, const struct place *other) {
  return memcmp(one->address, other->address, sizeof one->address) == 0;
}
