#include "identify.h"

#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "fields.h"
#include "file.h"
#include "network.h"
#include "paths.h"

enum { SEED_LEAST = 32, SEED_MOST = 512 };

/*
 * Clones of one template have one state of the random generator, and the kernel's own notice of the fork (vmgenid)
 * comes a moment after the guest runs again. So the host's seed goes in here, before anything else happens.
 */
static int reseed(const uint8_t *message, size_t length, struct failure *failure) {
  struct field seed;
  if (!field_find(message, length, IDENTIFY_SEED, &seed) || seed.length < SEED_LEAST || seed.length > SEED_MOST)
    return fail(failure, "GUEST_ERROR", "the host sent no seed of %d to %d bytes", SEED_LEAST, SEED_MOST);
  union {
    struct rand_pool_info info;
    uint8_t room[sizeof(struct rand_pool_info) + SEED_MOST];
  } pool;
  pool.info.entropy_count = (int)seed.length * 8;
  pool.info.buf_size = (int)seed.length;
  memcpy(pool.info.buf, seed.value, seed.length);
  SCOPED_FD int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  int failed = fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) < 0 || ioctl(fd, RNDRESEEDCRNG) < 0;
  explicit_bzero(&pool, sizeof pool);
  return failed ? fail_errno(failure, "GUEST_ERROR", "cannot reseed the guest's random generator") : 0;
}

static int set_names(const uint8_t *message, size_t length, struct failure *failure) {
  SCOPED_FREE char *hostname = field_text(message, length, IDENTIFY_HOSTNAME);
  SCOPED_FREE char *machine_id = field_text(message, length, IDENTIFY_MACHINE_ID);
  if (hostname == NULL || machine_id == NULL || sethostname(hostname, strlen(hostname)) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot set the guest's host name");
  char line[80];
  snprintf(line, sizeof line, "%s\n", machine_id);
  if (make_folders(ETC_FOLDER, 0755) < 0 || write_file(ETC_FOLDER "/machine-id", line) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot write the guest's machine id");
  return 0;
}

static char own_address[64], own_gateway[64];

const char *identity_address(void) { return own_address; }
const char *identity_gateway(void) { return own_gateway; }

/* How the NAT's interface is set up, where it is. */
static char set_up[160];

static int set_address(const char *name, char *address, const char *gateway, uint32_t mtu, struct failure *failure) {
  char wanted[sizeof set_up];
  snprintf(wanted, sizeof wanted, "%s %s %s %u", name, address, gateway, mtu);
  if (strcmp(set_up, wanted) == 0 && network_is_up(name)) return 0;
  if (*set_up != 0) network_reset(name);
  *set_up = 0;
  if (*address == 0) return 0;
  char *addresses[] = {address, NULL};
  const struct interface nat = {.name = name, .addresses = addresses, .gateway = gateway, .mtu = mtu};
  if (network_configure(&nat, failure) < 0) return -1;
  strcpy(set_up, wanted);
  return 0;
}

/* Without an address there is no way out; the interface is there all the same, and may come to one later. */
int identity_network(const uint8_t *message, size_t length, struct failure *failure) {
  SCOPED_FREE char *address = field_text(message, length, IDENTIFY_ADDRESS);
  SCOPED_FREE char *gateway = field_text(message, length, IDENTIFY_GATEWAY);
  SCOPED_FREE char *wanted = field_text(message, length, IDENTIFY_INTERFACE);
  SCOPED_FREE char *mac = field_text(message, length, IDENTIFY_MAC);
  char current[IF_NAMESIZE];
  uint32_t mtu = (uint32_t)field_number(message, length, IDENTIFY_MTU, 1500);
  if (address == NULL || gateway == NULL || wanted == NULL || mac == NULL || *gateway == 0)
    return fail(failure, "GUEST_ERROR", "the host sent no network");
  snprintf(own_address, sizeof own_address, "%.*s", (int)strcspn(address, "/"), address);
  snprintf(own_gateway, sizeof own_gateway, "%s", gateway);
  if (network_loopback(failure) < 0) return -1;
  /* Of a copy of a running container it may have another name by now, but it is the same interface. */
  static unsigned index;
  if (index == 0) index = if_nametoindex("eth0");
  if (if_indextoname(index, current) == NULL)
    return fail_errno(failure, "GUEST_ERROR", "the guest has lost its first network interface");
  const char *name = *wanted == 0 ? "eth0" : wanted;
  if (network_rename(current, name, failure) < 0) return -1;
  if (set_address(name, address, gateway, mtu, failure) < 0) return -1;
  /* Last: the kernel tells the NAT of a new MAC only where it has an address to tell it for. */
  return *mac == 0 ? 0 : network_set_mac(name, mac, failure);
}

int identify(const uint8_t *message, size_t length, struct failure *failure) {
  if (reseed(message, length, failure) < 0) return -1;
  if (clock_set(message, length, failure) < 0) return -1;
  if (set_names(message, length, failure) < 0) return -1;
  return identity_network(message, length, failure);
}
