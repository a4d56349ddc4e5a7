#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where something is sent: addresses of version 4 in their form of version 6 (::ffff:a.b.c.d). */
struct place {
  uint8_t address[16];
  uint16_t port;
};

/* Reads what a program gives the kernel; false where it is no address of the Internet's. */
bool place_read(const void *address, size_t length, struct place *place);
/* Reads an address as people write it; its port is 0. */
bool place_parse(const char *text, struct place *place);

/* Whether the kernel leads there through the loopback, on Linux the addresses that stand for none too. */
bool place_is_loopback(const struct place *place);
bool place_same_address(const struct place *one, const struct place *other);
