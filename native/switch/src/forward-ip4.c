#include "forward.h"
#include "gateway.h"
#include "port.h"

enum { IP4_HEADER = 20, ICMP4_REDIRECT = 5, FRAGMENT_OFFSET = 0x1fff, MORE_FRAGMENTS = 0x2000 };

static bool is_broadcast(const struct network *network, const uint8_t *ip) {
  static const uint8_t all[4] = {255, 255, 255, 255};
  if (same_ip4(ip, all)) return true;
  for (int i = 0; i < 4; i++) {
    int host_bits = (i + 1) * 8 - network->prefix4;
    int mask = host_bits <= 0 ? 0 : host_bits >= 8 ? 0xff : (1 << host_bits) - 1;
    if (ip[i] != ((network->gateway_ip4.bytes[i] & ~mask) | mask)) return false;
  }
  return true;
}

static void to_group(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  const uint8_t *to = frame + ETHER_HEADER + 16;
  const uint8_t group[MAC_LENGTH] = {0x01, 0x00, 0x5e, to[1] & 0x7f, to[2], to[3]};
  static const uint8_t all[MAC_LENGTH] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  bool right = (to[0] >> 4) == 14 ? same_mac(frame, group) : same_mac(frame, all) && is_broadcast(network, to);
  if (right)
    flood(network, sender, frame, length, now);
  else
    sender->refused++;
}

void forward_ip4(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  const uint8_t *packet = frame + ETHER_HEADER;
  size_t room = length - ETHER_HEADER;
  size_t header = room < IP4_HEADER ? 0 : (size_t)(packet[0] & 15) * 4;
  size_t total = header < IP4_HEADER ? 0 : get16(packet + 2);
  bool right = header >= IP4_HEADER && packet[0] >> 4 == 4 && total >= header && total <= room && sender->has_ip4 &&
               same_ip4(packet + 12, sender->ip4.bytes);
  uint16_t fragment = right ? get16(packet + 6) : 0;
  const uint8_t *payload = packet + header;
  size_t left = total - header;
  /* Nobody here has other ways to point to, and groups are not asked who wants them. */
  if (right && packet[9] == PROTOCOL_ICMP4 && (fragment & FRAGMENT_OFFSET) == 0 &&
      (left < 1 || payload[0] == ICMP4_REDIRECT))
    right = false;
  if (!right || packet[9] == PROTOCOL_IGMP) {
    sender->refused++;
    return;
  }
  /* What follows the packet is padding, or somebody's secret. */
  length = ETHER_HEADER + total;
  if ((frame[0] & 1) != 0) {
    to_group(network, sender, frame, length, now);
  } else if (same_mac(frame, network->gateway_mac.bytes)) {
    bool whole = (fragment & (FRAGMENT_OFFSET | MORE_FRAGMENTS)) == 0;
    if (whole && same_ip4(packet + 16, network->gateway_ip4.bytes))
      gateway_take(network, sender, frame, 4, packet[9], payload, left, now);
    else
      sender->refused++;
  } else {
    struct member *receiver = receiver_of(network, sender, frame);
    if (receiver->has_ip4 && same_ip4(packet + 16, receiver->ip4.bytes))
      port_send(network, receiver, sender->at, frame, length, now);
    else
      sender->refused++;
  }
}
