#include "gateway.h"

#include "dns.h"
#include "forward.h"

enum {
  IP4_HEADER = 20,
  IP6_HEADER = 40,
  ECHO_LEAST = 8,
  ECHO_REQUEST4 = 8,
  ECHO_REPLY4 = 0,
  ECHO_REQUEST6 = 128,
  ECHO_REPLY6 = 129,
  REPLY_MAX = 2048,
  HOPS = 64,
};

/* From where the question was put to where it came from; answers where the payload belongs. */
static uint8_t *begin_reply(const struct network *network, const struct member *sender, const uint8_t *frame, int ip,
                            uint8_t protocol, size_t length, uint8_t *reply) {
  const uint8_t *asked = frame + ETHER_HEADER;
  uint8_t *packet = reply + ETHER_HEADER;
  put_ether(reply, sender->mac.bytes, network->gateway_mac.bytes, ip == 4 ? TYPE_IP4 : TYPE_IP6);
  memset(packet, 0, ip == 4 ? IP4_HEADER : IP6_HEADER);
  if (ip == 4) {
    packet[0] = 4 << 4 | IP4_HEADER / 4;
    put16(packet + 2, (uint32_t)(IP4_HEADER + length));
    packet[8] = HOPS;
    packet[9] = protocol;
    memcpy(packet + 12, asked + 16, 4);
    memcpy(packet + 16, asked + 12, 4);
    put16(packet + 10, checksum(sum_bytes(0, packet, IP4_HEADER)));
    return packet + IP4_HEADER;
  }
  packet[0] = 6 << 4;
  put16(packet + 4, (uint32_t)length);
  packet[6] = protocol;
  packet[7] = HOPS;
  memcpy(packet + 8, asked + 24, 16);
  memcpy(packet + 24, asked + 8, 16);
  return packet + IP6_HEADER;
}

static uint16_t sum_reply(const uint8_t *reply, int ip, uint8_t protocol, const uint8_t *payload, size_t length) {
  const uint8_t *packet = reply + ETHER_HEADER;
  if (ip == 4 && protocol == PROTOCOL_ICMP4) return checksum(sum_bytes(0, payload, length));
  return transport_checksum(packet + (ip == 4 ? 12 : 8), ip == 4 ? 8 : 32, protocol, payload, length);
}

static void echo(struct network *network, struct member *sender, const uint8_t *frame, int ip, const uint8_t *payload,
                 size_t length, uint64_t now) {
  uint8_t reply[REPLY_MAX];
  uint8_t protocol = ip == 4 ? PROTOCOL_ICMP4 : PROTOCOL_ICMP6;
  uint8_t *out = begin_reply(network, sender, frame, ip, protocol, length, reply);
  memcpy(out, payload, length);
  out[0] = ip == 4 ? ECHO_REPLY4 : ECHO_REPLY6;
  put16(out + 2, 0);
  put16(out + 2, sum_reply(reply, ip, protocol, out, length));
  answer(network, sender, reply, (size_t)(out - reply) + length, now);
}

static void name(struct network *network, struct member *sender, const uint8_t *frame, int ip, const uint8_t *payload,
                 size_t length, uint64_t now) {
  uint8_t reply[REPLY_MAX];
  uint8_t message[DNS_MESSAGE_MAX];
  size_t answered = dns_answer(network, sender, payload + UDP_HEADER, length - UDP_HEADER, message);
  if (answered == 0) return;
  uint8_t *out = begin_reply(network, sender, frame, ip, PROTOCOL_UDP, UDP_HEADER + answered, reply);
  put16(out, PORT_DNS);
  memcpy(out + 2, payload, 2);
  put16(out + 4, (uint32_t)(UDP_HEADER + answered));
  put16(out + 6, 0);
  memcpy(out + UDP_HEADER, message, answered);
  put16(out + 6, sum_reply(reply, ip, PROTOCOL_UDP, out, UDP_HEADER + answered));
  answer(network, sender, reply, (size_t)(out - reply) + UDP_HEADER + answered, now);
}

void gateway_take(struct network *network, struct member *sender, const uint8_t *frame, int ip, uint8_t protocol,
                  const uint8_t *payload, size_t length, uint64_t now) {
  bool is_echo = ip == 4 ? protocol == PROTOCOL_ICMP4 && length >= ECHO_LEAST && payload[0] == ECHO_REQUEST4
                         : protocol == PROTOCOL_ICMP6 && length >= ECHO_LEAST && payload[0] == ECHO_REQUEST6;
  bool is_name = protocol == PROTOCOL_UDP && length > UDP_HEADER && get16(payload + 2) == PORT_DNS &&
                 get16(payload + 4) >= UDP_HEADER && get16(payload + 4) <= length;
  if ((!is_echo && !is_name) || !may_ask(sender, now))
    sender->refused++;
  else if (is_name)
    name(network, sender, frame, ip, payload, get16(payload + 4), now);
  else if (length <= REPLY_MAX - ETHER_HEADER - IP6_HEADER)
    echo(network, sender, frame, ip, payload, length, now);
}
