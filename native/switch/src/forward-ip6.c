#include "forward.h"
#include "gateway.h"
#include "port.h"

enum {
  IP6_HEADER = 40,
  NEXT_HOP_BY_HOP = 0,
  NEXT_ROUTING = 43,
  NEXT_FRAGMENT = 44,
  NEXT_OPTIONS = 60,
  FRAGMENT_HEADER = 8,
  HEADERS_MAX = 8,
  LISTENER_FIRST = 130,
  LISTENER_LAST = 132,
  ROUTER_SOLICITATION = 133,
  NEIGHBOUR_SOLICITATION = 135,
  REDIRECT = 137,
  LISTENER_REPORT_2 = 143,
};

/* Where the packet's own matter begins, past headers that may come before it. */
struct inside {
  uint8_t protocol;
  size_t at;
  /* A part of a larger packet, other than its first. */
  bool later_part, part;
};

static bool look_inside(const uint8_t *packet, size_t length, struct inside *inside) {
  *inside = (struct inside){.protocol = packet[6], .at = IP6_HEADER};
  for (int headers = 0; headers < HEADERS_MAX; headers++) {
    const uint8_t *next = packet + inside->at;
    size_t left = length - inside->at;
    bool fragment = inside->protocol == NEXT_FRAGMENT;
    if (!fragment && inside->protocol != NEXT_HOP_BY_HOP && inside->protocol != NEXT_ROUTING &&
        inside->protocol != NEXT_OPTIONS)
      return true;
    if (left < FRAGMENT_HEADER) return false;
    size_t size = fragment ? FRAGMENT_HEADER : ((size_t)next[1] + 1) * 8;
    if (size > left) return false;
    inside->protocol = next[0];
    inside->at += size;
    if (fragment) {
      inside->part = true;
      inside->later_part = get16(next + 2) >> 3 != 0;
      if (inside->later_part) return true;
    }
  }
  return false;
}

/* What tells of neighbours, routers and groups: answered here or dropped, never passed on. */
static bool is_about_the_link(uint8_t type) {
  return (type >= LISTENER_FIRST && type <= LISTENER_LAST) || (type >= ROUTER_SOLICITATION && type <= REDIRECT) ||
         type == LISTENER_REPORT_2;
}

static bool is_own(const struct member *sender, const uint8_t *packet, const struct inside *inside) {
  static const uint8_t nobody[16];
  if (member_has_ip6(sender, packet + 8)) return true;
  /* Whether an address is free is asked without one. */
  return same_ip6(packet + 8, nobody) && inside->protocol == PROTOCOL_ICMP6 && !inside->part &&
         packet[inside->at] == NEIGHBOUR_SOLICITATION;
}

void forward_ip6(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  const uint8_t *packet = frame + ETHER_HEADER;
  size_t room = length - ETHER_HEADER;
  size_t total = room < IP6_HEADER ? 0 : IP6_HEADER + (size_t)get16(packet + 4);
  struct inside inside;
  bool right = sender->has_ip6 && total > IP6_HEADER && total <= room && packet[0] >> 4 == 6 &&
               look_inside(packet, total, &inside) && inside.at < total && is_own(sender, packet, &inside);
  if (right && inside.protocol == PROTOCOL_ICMP6 && !inside.later_part && is_about_the_link(packet[inside.at])) {
    if (packet[inside.at] == NEIGHBOUR_SOLICITATION && !inside.part && inside.at == IP6_HEADER)
      answer_solicitation(network, sender, frame, packet + inside.at, total - inside.at, now);
    else
      sender->refused++;
    return;
  }
  if (!right) {
    sender->refused++;
    return;
  }
  length = ETHER_HEADER + total;
  const uint8_t *to = packet + 24;
  if ((frame[0] & 1) != 0) {
    const uint8_t group[MAC_LENGTH] = {0x33, 0x33, to[12], to[13], to[14], to[15]};
    if (to[0] == 0xff && same_mac(frame, group))
      flood(network, sender, frame, length, now);
    else
      sender->refused++;
  } else if (same_mac(frame, network->gateway_mac.bytes)) {
    bool own = same_ip6(to, network->gateway_ip6.bytes) || same_ip6(to, network->gateway_link_local.bytes);
    if (own && !inside.part && inside.at == IP6_HEADER)
      gateway_take(network, sender, frame, 6, inside.protocol, packet + inside.at, total - inside.at, now);
    else
      sender->refused++;
  } else {
    struct member *receiver = receiver_of(network, sender, frame);
    if (member_has_ip6(receiver, to))
      port_send(network, receiver, sender->at, frame, length, now);
    else
      sender->refused++;
  }
}
