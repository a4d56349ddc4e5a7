#include "forward.h"

/* Places in an ARP packet, counted from the frame's beginning. */
enum {
  ARP_KIND = ETHER_HEADER,
  ARP_OPERATION = ETHER_HEADER + 6,
  ARP_SENDER_MAC = ETHER_HEADER + 8,
  ARP_SENDER_IP = ETHER_HEADER + 14,
  ARP_TARGET_MAC = ETHER_HEADER + 18,
  ARP_TARGET_IP = ETHER_HEADER + 24,
  ARP_LENGTH = ETHER_HEADER + 28,
  ARP_REQUEST = 1,
  ARP_REPLY = 2,
};

static const uint8_t ethernet_ip4[6] = {0, 1, TYPE_IP4 >> 8, TYPE_IP4 & 0xff, MAC_LENGTH, 4};

/* Who has an address is known: nobody else is asked, and nobody's word on it is passed on. */
void forward_arp(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  static const uint8_t nobody[4];
  bool right = length >= ARP_LENGTH && memcmp(frame + ARP_KIND, ethernet_ip4, sizeof ethernet_ip4) == 0 &&
               same_mac(frame + ARP_SENDER_MAC, sender->mac.bytes) && sender->has_ip4 &&
               (same_ip4(frame + ARP_SENDER_IP, sender->ip4.bytes) || same_ip4(frame + ARP_SENDER_IP, nobody));
  if (!right || get16(frame + ARP_OPERATION) != ARP_REQUEST) {
    sender->refused++;
    return;
  }
  const uint8_t *wanted = frame + ARP_TARGET_IP;
  const struct member *owner = network->joined ? member_by_ip4(network, wanted) : NULL;
  const uint8_t *mac = NULL;
  if (network->has_ip4 && same_ip4(wanted, network->gateway_ip4.bytes)) mac = network->gateway_mac.bytes;
  if (owner != NULL && owner != sender) mac = owner->mac.bytes;
  if (mac == NULL || !may_ask(sender, now)) return;
  uint8_t reply[ARP_LENGTH];
  put_ether(reply, sender->mac.bytes, mac, TYPE_ARP);
  memcpy(reply + ARP_KIND, ethernet_ip4, sizeof ethernet_ip4);
  put16(reply + ARP_OPERATION, ARP_REPLY);
  memcpy(reply + ARP_SENDER_MAC, mac, MAC_LENGTH);
  memcpy(reply + ARP_SENDER_IP, wanted, 4);
  memcpy(reply + ARP_TARGET_MAC, frame + ARP_SENDER_MAC, MAC_LENGTH);
  memcpy(reply + ARP_TARGET_IP, frame + ARP_SENDER_IP, 4);
  answer(network, sender, reply, sizeof reply, now);
}
