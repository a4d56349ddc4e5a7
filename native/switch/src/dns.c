#include "dns.h"

#include <stdio.h>
#include <strings.h>

#include "dns-name.h"

enum {
  HEADER = 12,
  FLAG_ANSWER = 0x80,
  FLAG_AUTHORITY = 0x04,
  FLAG_WANTS_RECURSION = 0x01,
  FLAG_RECURSION = 0x80,
  OPERATION_BITS = 0x78,
  NO_ERROR = 0,
  NO_SUCH_NAME = 3,
  REFUSED = 5,
  TYPE_A = 1,
  TYPE_PTR = 12,
  TYPE_AAAA = 28,
  TYPE_ANY = 255,
  CLASS_INTERNET = 1,
  POINTER_TO_QUESTION = 0xc000 | HEADER,
  SECONDS_VALID = 5,
  RECORD_HEADER = 12,
};

struct answers {
  uint8_t *out;
  size_t length;
  uint16_t count;
};

static void add(struct answers *answers, uint16_t type, const void *data, size_t length) {
  if (answers->length + RECORD_HEADER + length > DNS_MESSAGE_MAX) return;
  uint8_t *record = answers->out + answers->length;
  put16(record, POINTER_TO_QUESTION);
  put16(record + 2, type);
  put16(record + 4, CLASS_INTERNET);
  put16(record + 6, 0);
  put16(record + 8, SECONDS_VALID);
  put16(record + 10, (uint32_t)length);
  memcpy(record + RECORD_HEADER, data, length);
  answers->length += RECORD_HEADER + length;
  answers->count++;
}

static void add_addresses(struct answers *answers, const struct member *member, uint16_t type) {
  if ((type == TYPE_A || type == TYPE_ANY) && member->has_ip4) add(answers, TYPE_A, member->ip4.bytes, 4);
  if ((type == TYPE_AAAA || type == TYPE_ANY) && member->has_ip6) add(answers, TYPE_AAAA, member->ip6.bytes, 16);
}

/* `name` may end in the network's own. */
static void without_network(const struct network *network, char *name) {
  size_t length = strlen(name), suffix = strlen(network->name);
  if (length > suffix + 1 && strcasecmp(name + length - suffix, network->name) == 0 && name[length - suffix - 1] == '.')
    name[length - suffix - 1] = 0;
}

static int look_up(struct network *network, const char *name, uint16_t type, struct answers *answers) {
  const struct member *called[MEMBERS_MAX];
  unsigned count = 0;
  for (unsigned i = 0; i < MEMBERS_MAX; i++) {
    const struct member *member = network->members[i];
    if (member != NULL && member_called(member, name)) called[count++] = member;
  }
  if (count == 0) return REFUSED;
  unsigned first = network->turn++;
  for (unsigned i = 0; i < count; i++) add_addresses(answers, called[(first + i) % count], type);
  return NO_ERROR;
}

/* What the asker alone calls somebody comes before what all do. */
static int look_up_for(struct network *network, const struct member *asker, char *name, uint16_t type,
                       struct answers *answers) {
  const char *linked = member_linked(asker, name);
  if (linked != NULL) return look_up(network, linked, type, answers);
  int result = look_up(network, name, type, answers);
  if (result != REFUSED) return result;
  without_network(network, name);
  return look_up(network, name, type, answers);
}

static bool is_here(const struct network *network, const struct dns_address *address) {
  if (address->version == 6) return network->has_ip6 && memcmp(address->bytes, network->gateway_ip6.bytes, 8) == 0;
  if (!network->has_ip4) return false;
  uint32_t mask = network->prefix4 == 0 ? 0 : UINT32_MAX << (32 - network->prefix4);
  uint32_t both = 0;
  for (int i = 0; i < 4; i++) both = both << 8 | (address->bytes[i] ^ network->gateway_ip4.bytes[i]);
  return (both & mask) == 0;
}

static int look_back(struct network *network, const char *name, uint16_t type, struct answers *answers) {
  struct dns_address address;
  if (!dns_address_of(name, &address) || !is_here(network, &address)) return REFUSED;
  const struct member *member =
      address.version == 4 ? member_by_ip4(network, address.bytes) : member_by_ip6(network, address.bytes);
  if (member == NULL || member->name_count == 0) return NO_SUCH_NAME;
  char full[2 * NAME_ROOM];
  uint8_t encoded[DNS_NAME_MAX];
  snprintf(full, sizeof full, "%s.%s", member->names[0], network->name);
  size_t length = dns_name_write(full, encoded);
  if (length > 0 && (type == TYPE_PTR || type == TYPE_ANY)) add(answers, TYPE_PTR, encoded, length);
  return NO_ERROR;
}

size_t dns_answer(struct network *network, const struct member *asker, const uint8_t *message, size_t length,
                  uint8_t out[DNS_MESSAGE_MAX]) {
  char name[DNS_NAME_MAX];
  bool question = length > HEADER && (message[2] & (FLAG_ANSWER | OPERATION_BITS)) == 0 && get16(message + 4) == 1;
  size_t end = question ? dns_name_read(message, length, HEADER, name) : 0;
  if (end == 0 || end + 4 > length || end + 4 > DNS_MESSAGE_MAX) return 0;
  uint16_t type = get16(message + end);
  struct answers answers = {.out = out, .length = end + 4};
  memcpy(out, message, answers.length);
  bool internet = get16(message + end + 2) == CLASS_INTERNET;
  size_t name_length = strlen(name);
  bool back = name_length > 5 && strcmp(name + name_length - 5, ".arpa") == 0;
  int result = !internet ? REFUSED
               : back    ? look_back(network, name, type, &answers)
                         : look_up_for(network, asker, name, type, &answers);
  out[2] = (uint8_t)(FLAG_ANSWER | (result == REFUSED ? 0 : FLAG_AUTHORITY) | (message[2] & FLAG_WANTS_RECURSION));
  out[3] = (uint8_t)(FLAG_RECURSION | result);
  put16(out + 6, answers.count);
  memset(out + 8, 0, 4);
  return answers.length;
}
