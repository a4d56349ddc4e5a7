#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bucket.h"
#include "packet.h"
#include "queue.h"

enum { ID_ROOM = 65, NAMES_MAX = 32, NAME_ROOM = 254, TEXT_ROOM = 8192 };

/* A container in the network, as the engine told of it: nothing is learned from frames. */
struct member {
  char id[ID_ROOM];
  /* Its place in the table. */
  uint16_t at;
  mac_address mac;
  bool has_ip4, has_ip6;
  ip4_address ip4;
  ip6_address ip6, link_local;
  /* Lower case. The first is what its addresses are called. */
  char *names[NAMES_MAX];
  size_t name_count;
  /* `ALIAS=NAME`, lower case: what it alone calls others. */
  char *links[NAMES_MAX];
  size_t link_count;

  /* Its socket here, and that of its VM that it sends to. */
  int fd;
  bool connected;
  uint64_t tried_at;
  struct queue queue;
  size_t queue_limit;
  /* What it sends, and what it gets. */
  struct bucket sent, got;
  /* What goes to all, and what the switch answers itself. */
  struct bucket floods, questions;
  uint64_t sent_bytes, got_bytes, refused, dropped;
};

struct network {
  char name[NAME_ROOM];
  /* Where the sockets lie. */
  char folder[80];
  mac_address gateway_mac;
  bool has_ip4, has_ip6;
  ip4_address gateway_ip4;
  ip6_address gateway_ip6, gateway_link_local;
  int prefix4;
  /* Members reach each other; otherwise only the gateway. */
  bool joined;
  struct member *members[MEMBERS_MAX];
  /* Answers with several addresses begin with another one each time. */
  unsigned turn;
};

/* The address that a version 6 interface of that MAC gives itself. */
ip6_address link_local_of(const mac_address *mac);

struct member *member_by_id(struct network *network, const char *id);
struct member *member_by_mac(struct network *network, const void *mac);
/* The member that has the address, or NULL. */
struct member *member_by_ip4(struct network *network, const void *ip4);
struct member *member_by_ip6(struct network *network, const void *ip6);
bool member_has_ip6(const struct member *member, const void *ip6);
bool member_called(const struct member *member, const char *name);

/* Takes a free place in the table; NULL where there is none. */
struct member *member_add(struct network *network, const char *id);
void member_remove(struct network *network, struct member *member);
/* Names between commas; what does not fit is left out. */
void member_set_names(struct member *member, const char *names);
/* The same of links. */
void member_set_links(struct member *member, const char *links);
/* The name that `alias` stands for where that member asks; NULL where it is no alias of its own. */
const char *member_linked(const struct member *member, const char *alias);
