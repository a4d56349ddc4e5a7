#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "etc.h"
#include "fields.h"
#include "file.h"
#include "identify.h"
#include "network.h"

enum { WAIT_MS = 20000, STEP_MS = 5 };

static bool find(const char *mac, char name[IF_NAMESIZE]) {
  DIR *interfaces = opendir("/sys/class/net");
  bool found = false;
  for (struct dirent *entry; !found && interfaces != NULL && (entry = readdir(interfaces)) != NULL;) {
    char path[512];
    snprintf(path, sizeof path, "/sys/class/net/%s/address", entry->d_name);
    SCOPED_FREE char *text = entry->d_name[0] == '.' ? NULL : read_file(path, 64);
    found = text != NULL && strlen(mac) == 17 && strncasecmp(text, mac, 17) == 0;
    if (found) snprintf(name, IF_NAMESIZE, "%.*s", IF_NAMESIZE - 1, entry->d_name);
  }
  if (interfaces != NULL) closedir(interfaces);
  return found;
}

static bool wait_for(const char *mac, char name[IF_NAMESIZE]) {
  const struct timespec step = {.tv_nsec = STEP_MS * 1000000};
  for (int waited = 0; !find(mac, name); waited += STEP_MS) {
    if (waited > WAIT_MS) return false;
    nanosleep(&step, NULL);
  }
  return true;
}

static int set_up(const uint8_t *message, size_t length, struct failure *failure) {
  SCOPED_FREE char *mac = field_text(message, length, INTERFACE_MAC);
  SCOPED_FREE char *name = field_text(message, length, INTERFACE_NAME);
  SCOPED_FREE char *gateway = field_text(message, length, INTERFACE_GATEWAY);
  SCOPED_FREE char **addresses = field_texts(message, length, INTERFACE_ADDRESS);
  char current[IF_NAMESIZE];
  if (mac == NULL || name == NULL || gateway == NULL || addresses == NULL || *name == 0 || strlen(name) >= IF_NAMESIZE)
    return fail(failure, "GUEST_ERROR", "the host sent no whole network interface");
  if (!wait_for(mac, current))
    return fail(failure, "GUEST_ERROR", "the network interface %s was not plugged in within %d s", mac, WAIT_MS / 1000);
  if (network_rename(current, name, failure) < 0) return -1;
  const struct interface interface = {.name = name,
                                      .addresses = addresses,
                                      .gateway = gateway,
                                      .mtu = (uint32_t)field_number(message, length, INTERFACE_MTU, 1500)};
  return network_configure(&interface, failure);
}

/* The MAC is free for another at once, though it takes the kernel a moment to let go of the interface. */
static int give_up_mac(const char *name, const char *mac, struct failure *failure) {
  char other[32];
  snprintf(other, sizeof other, "06%s", mac + 2);
  return network_set_mac(name, other, failure);
}

static int take_down(const uint8_t *message, size_t length, bool for_good, struct failure *failure) {
  SCOPED_FREE char *mac = field_text(message, length, INTERFACE_MAC);
  char name[IF_NAMESIZE];
  if (mac == NULL || !find(mac, name)) return 0;
  /* Its routes go with it. */
  if (network_take_down(name) == 0 && (!for_good || give_up_mac(name, mac, failure) == 0)) return 0;
  /* It went by itself meanwhile. */
  if (errno == ENODEV) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot take down the network interface %s", name);
}

int network_take(const struct frame *message, bool copied, struct failure *failure) {
  struct spec spec;
  if (message->type == FRAME_INTERFACE) return set_up(message->payload, message->length, failure);
  if (message->type == FRAME_INTERFACE_GONE) return take_down(message->payload, message->length, copied, failure);
  if (spec_read_names(&spec, message->payload, message->length, failure) < 0) return -1;
  int result = etc_write(&spec, identity_address(), failure);
  spec_free(&spec);
  return result;
}
