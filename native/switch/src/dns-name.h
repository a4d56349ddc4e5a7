#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DNS_NAME_MAX = 256 };

struct dns_address {
  int version;
  uint8_t bytes[16];
};

/*
 * Reads the name at `at`, in lower case and with dots; answers where it ends, or 0 where it is none. Pointers are not
 * followed: the one name of a question has nothing to point to.
 */
size_t dns_name_read(const uint8_t *message, size_t length, size_t at, char name[DNS_NAME_MAX]);
/* Answers the bytes written, or 0 where `name` cannot be written so. */
size_t dns_name_write(const char *name, uint8_t out[DNS_NAME_MAX]);
/* The address that a name below in-addr.arpa or ip6.arpa stands for. */
bool dns_address_of(const char *name, struct dns_address *address);
