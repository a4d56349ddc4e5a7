#include "forward.h"

enum {
  IP6_HEADER = 40,
  SOLICITATION = 24,
  ADVERTISEMENT = 32,
  TYPE_ADVERTISEMENT = 136,
  SOLICITED = 0x40,
  OVERRIDE = 0x20,
  OPTION_TARGET = 2,
  ON_LINK_HOPS = 255,
};

static const uint8_t *owner_of(struct network *network, const struct member *sender, const uint8_t *target) {
  if (network->has_ip6 && (same_ip6(target, network->gateway_ip6.bytes) ||
                           same_ip6(target, network->gateway_link_local.bytes)))
    return network->gateway_mac.bytes;
  const struct member *owner = network->joined ? member_by_ip6(network, target) : NULL;
  return owner == NULL || owner == sender ? NULL : owner->mac.bytes;
}

void answer_solicitation(struct network *network, struct member *sender, const uint8_t *frame, const uint8_t *icmp,
                         size_t length, uint64_t now) {
  static const uint8_t nobody[16], all_nodes[16] = {0xff, 2, [15] = 1}, all_macs[MAC_LENGTH] = {0x33, 0x33, 0, 0, 0, 1};
  const uint8_t *asker = frame + ETHER_HEADER + 8;
  const uint8_t *target = icmp + 8;
  if (length < SOLICITATION || frame[ETHER_HEADER + 7] != ON_LINK_HOPS) {
    sender->refused++;
    return;
  }
  const uint8_t *mac = owner_of(network, sender, target);
  if (mac == NULL || !may_ask(sender, now)) return;
  /* One that asks without an address wants to take this one: all are told whose it is. */
  bool unnamed = same_ip6(asker, nobody);
  uint8_t reply[ETHER_HEADER + IP6_HEADER + ADVERTISEMENT] = {0};
  uint8_t *packet = reply + ETHER_HEADER;
  uint8_t *advertisement = packet + IP6_HEADER;
  put_ether(reply, unnamed ? all_macs : sender->mac.bytes, mac, TYPE_IP6);
  packet[0] = 6 << 4;
  put16(packet + 4, ADVERTISEMENT);
  packet[6] = PROTOCOL_ICMP6;
  packet[7] = ON_LINK_HOPS;
  memcpy(packet + 8, target, 16);
  memcpy(packet + 24, unnamed ? all_nodes : asker, 16);
  advertisement[0] = TYPE_ADVERTISEMENT;
  advertisement[4] = (uint8_t)(OVERRIDE | (unnamed ? 0 : SOLICITED));
  memcpy(advertisement + 8, target, 16);
  advertisement[24] = OPTION_TARGET;
  advertisement[25] = 1;
  memcpy(advertisement + 26, mac, MAC_LENGTH);
  put16(advertisement + 2, transport_checksum(packet + 8, 32, PROTOCOL_ICMP6, advertisement, ADVERTISEMENT));
  answer(network, sender, reply, sizeof reply, now);
}
