#include "asked.h"

#include <string.h>

/* Places of one set, of which a sender has one: floods of others take it from it, and nothing worse. */
enum { WAYS = 8, SETS = ASKED_MAX / WAYS };

static struct entry {
  struct place from;
  int fd;
  /* 0: free. */
  uint64_t at;
} entries[SETS][WAYS];

static struct entry *set_of(int fd, const struct place *from) {
  uint32_t hash = (uint32_t)fd * 31 + from->port;
  for (size_t i = 12; i < sizeof from->address; i++) hash = hash * 31 + from->address[i];
  return entries[hash % SETS];
}

static struct entry *find(int fd, const struct place *from) {
  struct entry *set = set_of(fd, from);
  for (size_t i = 0; i < WAYS; i++) {
    if (set[i].at != 0 && set[i].fd == fd && set[i].from.port == from->port && place_same_address(&set[i].from, from))
      return &set[i];
  }
  return NULL;
}

void asked_remember(int fd, const struct place *from, uint64_t now) {
  struct entry *entry = find(fd, from);
  if (entry == NULL) {
    struct entry *set = set_of(fd, from);
    entry = set;
    for (size_t i = 1; i < WAYS; i++) {
      if (set[i].at < entry->at) entry = &set[i];
    }
  }
  *entry = (struct entry){.from = *from, .fd = fd, .at = now + 1};
}

bool asked_lately(int fd, const struct place *from, uint64_t now) {
  const struct entry *entry = find(fd, from);
  return entry != NULL && now + 1 - entry->at <= ANSWERED_FOR;
}
