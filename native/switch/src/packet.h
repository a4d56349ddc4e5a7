#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The parts of frames that the switch reads and writes, by their places; numbers lie in network order. */

enum {
  MAC_LENGTH = 6,
  ETHER_HEADER = 14,
  FRAME_LIMIT = ETHER_HEADER + 65535,
  TYPE_IP4 = 0x0800,
  TYPE_ARP = 0x0806,
  TYPE_IP6 = 0x86dd,
  PROTOCOL_ICMP4 = 1,
  PROTOCOL_IGMP = 2,
  PROTOCOL_UDP = 17,
  PROTOCOL_ICMP6 = 58,
  UDP_HEADER = 8,
  PORT_DNS = 53,
};

typedef struct {
  uint8_t bytes[MAC_LENGTH];
} mac_address;

typedef struct {
  uint8_t bytes[4];
} ip4_address;

typedef struct {
  uint8_t bytes[16];
} ip6_address;

static inline bool same_mac(const void *one, const void *other) { return memcmp(one, other, MAC_LENGTH) == 0; }
static inline bool same_ip4(const void *one, const void *other) { return memcmp(one, other, 4) == 0; }
static inline bool same_ip6(const void *one, const void *other) { return memcmp(one, other, 16) == 0; }

static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline void put16(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
}

static inline void put_ether(uint8_t *frame, const void *to, const void *from, uint16_t type) {
  memcpy(frame, to, MAC_LENGTH);
  memcpy(frame + MAC_LENGTH, from, MAC_LENGTH);
  put16(frame + 2 * MAC_LENGTH, type);
}

/* The sum that the checksums of the Internet's protocols are the complement of; goes on from `sum`. */
uint32_t sum_bytes(uint32_t sum, const uint8_t *data, size_t length);
uint16_t checksum(uint32_t sum);
/* Of UDP and ICMPv6: addresses, length and protocol count too. `addresses` are source and destination. */
uint16_t transport_checksum(const uint8_t *addresses, size_t address_bytes, uint8_t protocol, const uint8_t *data,
                            size_t length);
