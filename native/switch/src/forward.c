#include "forward.h"

#include "port.h"

enum {
  FLOOD_BYTES = 1 << 20,
  FLOOD_COST = 200,
  QUESTIONS = 2000,
};

static const uint8_t everybody[MAC_LENGTH] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

bool may_ask(struct member *sender, uint64_t now) {
  bucket_set(&sender->questions, QUESTIONS, QUESTIONS, now);
  if (!bucket_ready(&sender->questions, now)) return false;
  bucket_take(&sender->questions, 1);
  return true;
}

void answer(const struct network *network, struct member *member, const uint8_t *frame, size_t length, uint64_t now) {
  port_send(network, member, member->at, frame, length, now);
}

void flood(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  bucket_set(&sender->floods, FLOOD_BYTES, FLOOD_BYTES / 2, now);
  if (!network->joined || !bucket_ready(&sender->floods, now)) {
    sender->refused++;
    return;
  }
  bucket_take(&sender->floods, (int64_t)length + FLOOD_COST);
  for (size_t i = 0; i < MEMBERS_MAX; i++) {
    struct member *member = network->members[i];
    if (member != NULL && member != sender) port_send(network, member, sender->at, frame, length, now);
  }
}

struct member *receiver_of(struct network *network, const struct member *sender, const uint8_t *frame) {
  struct member *receiver = network->joined ? member_by_mac(network, frame) : NULL;
  return receiver == sender ? NULL : receiver;
}

void forward(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now) {
  bool own = length >= ETHER_HEADER && same_mac(frame + MAC_LENGTH, sender->mac.bytes);
  /* A group's address, or one that somebody has. */
  bool known = own && ((frame[0] & 1) != 0 || same_mac(frame, network->gateway_mac.bytes) ||
                       receiver_of(network, sender, frame) != NULL);
  uint16_t type = known ? get16(frame + 2 * MAC_LENGTH) : 0;
  if (type == TYPE_ARP && (same_mac(frame, everybody) || (frame[0] & 1) == 0))
    forward_arp(network, sender, frame, length, now);
  else if (type == TYPE_IP4)
    forward_ip4(network, sender, frame, length, now);
  else if (type == TYPE_IP6)
    forward_ip6(network, sender, frame, length, now);
  else
    sender->refused++;
}
