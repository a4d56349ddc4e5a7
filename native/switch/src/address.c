#include "address.h"

#include <arpa/inet.h>
#include <stdio.h>

bool read_mac(const char *text, mac_address *mac) {
  int end = 0;
  uint8_t *b = mac->bytes;
  int read = sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", b, b + 1, b + 2, b + 3, b + 4, b + 5, &end);
  /* A group's address is nobody's own. */
  return read == MAC_LENGTH && text[end] == 0 && (b[0] & 1) == 0;
}

bool read_ip4(const char *text, ip4_address *address) { return inet_pton(AF_INET, text, address->bytes) == 1; }
bool read_ip6(const char *text, ip6_address *address) { return inet_pton(AF_INET6, text, address->bytes) == 1; }
