#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"
#include "control.h"
#include "port.h"

enum { WORDS_MAX = 8 };

/* What a line says of a member. */
struct told {
  mac_address mac;
  ip4_address ip4;
  ip6_address ip6;
  bool has_ip4, has_ip6;
};

static bool read_told(char **words, struct told *told) {
  told->has_ip4 = strcmp(words[3], "-") != 0;
  told->has_ip6 = strcmp(words[4], "-") != 0;
  return read_mac(words[2], &told->mac) && (!told->has_ip4 || read_ip4(words[3], &told->ip4)) &&
         (!told->has_ip6 || read_ip6(words[4], &told->ip6)) && strlen(words[1]) < ID_ROOM &&
         strchr(words[1], '/') == NULL;
}

static bool is_same(const struct member *member, const struct told *told) {
  return same_mac(member->mac.bytes, told->mac.bytes) && member->has_ip4 == told->has_ip4 &&
         member->has_ip6 == told->has_ip6 && (!told->has_ip4 || same_ip4(member->ip4.bytes, told->ip4.bytes)) &&
         (!told->has_ip6 || same_ip6(member->ip6.bytes, told->ip6.bytes));
}

static bool is_taken(struct network *network, const struct told *told) {
  return member_by_mac(network, told->mac.bytes) != NULL || same_mac(network->gateway_mac.bytes, told->mac.bytes) ||
         (told->has_ip4 && member_by_ip4(network, told->ip4.bytes) != NULL) ||
         (told->has_ip6 && member_by_ip6(network, told->ip6.bytes) != NULL);
}

static void forget(struct network *network, struct member *member) {
  if (member == NULL) return;
  port_remove_files(network, member);
  member_remove(network, member);
}

/* member ID MAC IP4|- IP6|- BITS-A-SECOND NAME,NAME,… [ALIAS=NAME,…] */
static const char *take_member(struct network *network, char **words, uint64_t now) {
  struct told told = {0};
  char *end;
  uint64_t rate = strtoull(words[5], &end, 10);
  if (!read_told(words, &told) || *end != 0) return "the addresses or the rate cannot be read";
  struct member *member = member_by_id(network, words[1]);
  if (member != NULL && !is_same(member, &told)) {
    forget(network, member);
    member = NULL;
  }
  if (member == NULL) {
    if (is_taken(network, &told)) return "another member has that address";
    member = member_add(network, words[1]);
    if (member == NULL) return "the network is full";
    member->mac = told.mac;
    member->ip4 = told.ip4;
    member->ip6 = told.ip6;
    member->has_ip4 = told.has_ip4;
    member->has_ip6 = told.has_ip6;
    member->link_local = link_local_of(&told.mac);
    if (port_open(network, member) < 0) {
      const char *reason = strerror(errno);
      forget(network, member);
      return reason;
    }
  }
  port_set_rate(member, rate, now);
  member_set_names(member, words[6]);
  member_set_links(member, words[7] == NULL ? "" : words[7]);
  return NULL;
}

/* One line a member: id, bytes sent and got, frames refused (forged, malformed) and dropped (no room). */
static void list(const struct network *network, char *answer, size_t room) {
  size_t at = 0;
  for (size_t i = 0; i < MEMBERS_MAX && room - at >= 200; i++) {
    const struct member *member = network->members[i];
    if (member == NULL) continue;
    at += (size_t)snprintf(answer + at, room - at, "%s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", member->id,
                           member->sent_bytes, member->got_bytes, member->refused, member->dropped);
  }
  snprintf(answer + at, room - at, "ok\n");
}

void control_line(struct control *control, struct network *network, char *line, char *answer, size_t room, uint64_t now) {
  char *words[WORDS_MAX] = {NULL};
  size_t count = 0;
  const char *wrong = NULL;
  for (char *word = strtok(line, " "); word != NULL && count < WORDS_MAX; word = strtok(NULL, " ")) words[count++] = word;
  const char *what = count == 0 ? "" : words[0];
  if (strcmp(what, "hello") == 0 && count == 1) {
    snprintf(answer, room, "ok " VERSION "\n");
    return;
  }
  if (strcmp(what, "members") == 0 && count == 1) {
    list(network, answer, room);
    return;
  }
  if (strcmp(what, "member") == 0 && (count == 7 || count == 8))
    wrong = take_member(network, words, now);
  else if (strcmp(what, "forget") == 0 && count == 2)
    forget(network, member_by_id(network, words[1]));
  else if (strcmp(what, "end") == 0 && count == 1)
    control->ended = true;
  else
    wrong = "no such line";
  snprintf(answer, room, wrong == NULL ? "ok\n" : "error %s\n", wrong);
}
