#include "dns-name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_MAX = 63 };

size_t dns_name_read(const uint8_t *message, size_t length, size_t at, char name[DNS_NAME_MAX]) {
  size_t written = 0;
  for (;;) {
    if (at >= length) return 0;
    size_t label = message[at++];
    if (label == 0) break;
    if (label > LABEL_MAX || label > length - at || written + label + 2 > DNS_NAME_MAX) return 0;
    if (written > 0) name[written++] = '.';
    for (size_t i = 0; i < label; i++, at++) {
      /* A dot or NUL inside a label would make one name look like another. */
      if (message[at] == 0 || message[at] == '.') return 0;
      name[written++] = (char)tolower(message[at]);
    }
  }
  name[written] = 0;
  return at;
}

size_t dns_name_write(const char *name, uint8_t out[DNS_NAME_MAX]) {
  size_t written = 0;
  while (*name != 0) {
    size_t label = strcspn(name, ".");
    if (label == 0 || label > LABEL_MAX || written + label + 2 > DNS_NAME_MAX) return 0;
    out[written++] = (uint8_t)label;
    memcpy(out + written, name, label);
    written += label;
    name += label + (name[label] == '.');
  }
  out[written++] = 0;
  return written;
}

static bool read_ip4(const char *name, struct dns_address *address) {
  address->version = 4;
  for (int i = 3; i >= 0; i--) {
    char *end;
    if (!isdigit((unsigned char)*name)) return false;
    unsigned long part = strtoul(name, &end, 10);
    if (part > 255 || *end != '.') return false;
    address->bytes[i] = (uint8_t)part;
    name = end + 1;
  }
  return strcmp(name, "in-addr.arpa") == 0;
}

static bool read_ip6(const char *name, struct dns_address *address) {
  address->version = 6;
  memset(address->bytes, 0, sizeof address->bytes);
  for (int i = 31; i >= 0; i--, name += 2) {
    if (!isxdigit((unsigned char)name[0]) || name[1] != '.') return false;
    int digit = isdigit((unsigned char)name[0]) ? name[0] - '0' : tolower((unsigned char)name[0]) - 'a' + 10;
    address->bytes[i / 2] |= (uint8_t)(i % 2 == 0 ? digit << 4 : digit);
  }
  return strcmp(name, "ip6.arpa") == 0;
}

bool dns_address_of(const char *name, struct dns_address *address) {
  return read_ip4(name, address) || read_ip6(name, address);
}
