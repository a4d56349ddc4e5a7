#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "address.h"
#include "forward.h"
#include "port.h"
#include "test.h"

void bench_open(struct bench *bench) {
  *bench = (struct bench){0};
  struct network *network = &bench->network;
  strcpy(network->name, "front");
  strcpy(network->folder, "/nonexistent");
  CHECK(read_mac("02:42:0a:09:00:01", &network->gateway_mac));
  CHECK(read_ip4("10.9.0.1", &network->gateway_ip4) && read_ip6("fd00::1", &network->gateway_ip6));
  network->gateway_link_local = link_local_of(&network->gateway_mac);
  network->has_ip4 = network->has_ip6 = network->joined = true;
  network->prefix4 = 24;
  static const char *const names[MEMBERS] = {"web,www,all", "db,all", "Cache"};
  for (int i = 0; i < MEMBERS; i++) {
    char text[64];
    snprintf(text, sizeof text, "member-%d", i);
    struct member *member = bench->members[i] = member_add(network, text);
    int wire[2];
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, wire) == 0);
    member->fd = wire[0];
    bench->vms[i] = wire[1];
    member->connected = true;
    snprintf(text, sizeof text, "02:42:0a:09:00:%02x", i + 2);
    CHECK(read_mac(text, &member->mac));
    snprintf(text, sizeof text, "10.9.0.%d", i + 2);
    CHECK(read_ip4(text, &member->ip4));
    snprintf(text, sizeof text, "fd00::%d", i + 2);
    CHECK(read_ip6(text, &member->ip6));
    member->has_ip4 = member->has_ip6 = true;
    member->link_local = link_local_of(&member->mac);
    member_set_names(member, names[i]);
    port_set_rate(member, 0, 1);
  }
}

void bench_close(struct bench *bench) {
  for (int i = 0; i < MEMBERS; i++) {
    if (bench->members[i] != NULL) member_remove(&bench->network, bench->members[i]);
    close(bench->vms[i]);
  }
}

size_t bench_got(struct bench *bench, int at, uint8_t *frame) {
  ssize_t got = recv(bench->vms[at], frame, FRAME_LIMIT, 0);
  return got < 0 ? 0 : (size_t)got;
}

void bench_send(struct bench *bench, int from, const uint8_t *frame, size_t length) {
  forward(&bench->network, bench->members[from], frame, length, 1);
}

bool bench_quiet(struct bench *bench) {
  static uint8_t frame[FRAME_LIMIT];
  bool quiet = true;
  for (int i = 0; i < MEMBERS; i++) quiet = bench_got(bench, i, frame) == 0 && quiet;
  return quiet;
}

static size_t put_udp(uint8_t *out, uint16_t port, const void *data, size_t length) {
  put16(out, 40000);
  put16(out + 2, port);
  put16(out + 4, (uint32_t)(UDP_HEADER + length));
  put16(out + 6, 0);
  if (length > 0) memcpy(out + UDP_HEADER, data, length);
  return UDP_HEADER + length;
}

size_t make_udp4(const struct bench *bench, uint8_t *frame, int from, int to, uint16_t port, const void *data,
                 size_t length) {
  const struct member *sender = bench->members[from];
  const struct network *network = &bench->network;
  uint8_t *packet = frame + ETHER_HEADER;
  put_ether(frame, to < 0 ? network->gateway_mac.bytes : bench->members[to]->mac.bytes, sender->mac.bytes, TYPE_IP4);
  memset(packet, 0, 20);
  packet[0] = 0x45;
  packet[8] = 64;
  packet[9] = PROTOCOL_UDP;
  memcpy(packet + 12, sender->ip4.bytes, 4);
  memcpy(packet + 16, to < 0 ? network->gateway_ip4.bytes : bench->members[to]->ip4.bytes, 4);
  size_t total = 20 + put_udp(packet + 20, port, data, length);
  put16(packet + 2, (uint32_t)total);
  return ETHER_HEADER + total;
}

size_t make_udp6(const struct bench *bench, uint8_t *frame, int from, int to, uint16_t port, const void *data,
                 size_t length) {
  const struct member *sender = bench->members[from];
  const struct network *network = &bench->network;
  uint8_t *packet = frame + ETHER_HEADER;
  put_ether(frame, to < 0 ? network->gateway_mac.bytes : bench->members[to]->mac.bytes, sender->mac.bytes, TYPE_IP6);
  memset(packet, 0, 40);
  packet[0] = 0x60;
  packet[6] = PROTOCOL_UDP;
  packet[7] = 64;
  memcpy(packet + 8, sender->ip6.bytes, 16);
  memcpy(packet + 24, to < 0 ? network->gateway_ip6.bytes : bench->members[to]->ip6.bytes, 16);
  size_t total = put_udp(packet + 40, port, data, length);
  put16(packet + 4, (uint32_t)total);
  return ETHER_HEADER + 40 + total;
}
