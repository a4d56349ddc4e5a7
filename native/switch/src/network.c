#include "network.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

ip6_address link_local_of(const mac_address *mac) {
  const uint8_t *m = mac->bytes;
  return (ip6_address){{0xfe, 0x80, 0, 0, 0, 0, 0, 0, m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}};
}

/* Answers the first member that `expression` holds for. */
#define FIND(expression)                                       \
  for (size_t i = 0; i < MEMBERS_MAX; i++) {                   \
    struct member *each = network->members[i];                 \
    if (each != NULL && (expression)) return each;             \
  }                                                            \
  return NULL

struct member *member_by_id(struct network *network, const char *id) { FIND(strcmp(each->id, id) == 0); }
struct member *member_by_mac(struct network *network, const void *mac) { FIND(same_mac(each->mac.bytes, mac)); }
struct member *member_by_ip4(struct network *network, const void *ip4) {
  FIND(each->has_ip4 && same_ip4(each->ip4.bytes, ip4));
}
struct member *member_by_ip6(struct network *network, const void *ip6) { FIND(member_has_ip6(each, ip6)); }

bool member_has_ip6(const struct member *member, const void *ip6) {
  return member->has_ip6 && (same_ip6(member->ip6.bytes, ip6) || same_ip6(member->link_local.bytes, ip6));
}

bool member_called(const struct member *member, const char *name) {
  for (size_t i = 0; i < member->name_count; i++) {
    if (strcmp(member->names[i], name) == 0) return true;
  }
  return false;
}

struct member *member_add(struct network *network, const char *id) {
  for (uint16_t i = 0; i < MEMBERS_MAX; i++) {
    if (network->members[i] != NULL) continue;
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL) return NULL;
    strncpy(member->id, id, sizeof member->id - 1);
    member->at = i;
    member->fd = -1;
    network->members[i] = member;
    return member;
  }
  return NULL;
}

static void forget_words(char **words, size_t *count) {
  for (size_t i = 0; i < *count; i++) free(words[i]);
  *count = 0;
}

static void set_words(char **words, size_t *count, size_t longest, const char *text) {
  forget_words(words, count);
  while (*text != 0 && *count < NAMES_MAX) {
    size_t length = strcspn(text, ",");
    char *word = length == 0 || length > longest ? NULL : strndup(text, length);
    for (char *at = word; at != NULL && *at != 0; at++) *at = (char)tolower((unsigned char)*at);
    if (word != NULL) words[(*count)++] = word;
    text += length + (text[length] == ',');
  }
}

/* What it sent is in other queues under its place in the table: that is theirs to forget. */
static void forget_frames_of(struct network *network, const struct member *gone) {
  for (size_t i = 0; i < MEMBERS_MAX; i++) {
    struct member *member = network->members[i];
    if (member != NULL && member->queue.of[gone->at] > 0) queue_clear(&member->queue);
  }
}

void member_remove(struct network *network, struct member *member) {
  forget_frames_of(network, member);
  queue_clear(&member->queue);
  forget_words(member->names, &member->name_count);
  forget_words(member->links, &member->link_count);
  if (member->fd >= 0) close(member->fd);
  network->members[member->at] = NULL;
  free(member);
}

void member_set_names(struct member *member, const char *names) {
  set_words(member->names, &member->name_count, NAME_ROOM - 1, names);
}

void member_set_links(struct member *member, const char *links) {
  set_words(member->links, &member->link_count, 2 * NAME_ROOM - 1, links);
}

const char *member_linked(const struct member *member, const char *alias) {
  size_t length = strlen(alias);
  for (size_t i = 0; i < member->link_count; i++) {
    const char *link = member->links[i];
    if (strncmp(link, alias, length) == 0 && link[length] == '=') return link + length + 1;
  }
  return NULL;
}
