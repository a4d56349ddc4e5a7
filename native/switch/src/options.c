#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "address.h"

static const char *option(int argc, char **argv, const char *name) {
  size_t length = strlen(name);
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') return argv[i] + length + 1;
  }
  return NULL;
}

static const char *gateway4(struct network *network, const char *text) {
  char address[64];
  const char *slash = text == NULL ? NULL : strchr(text, '/');
  if (text == NULL) return NULL;
  if (slash == NULL || slash - text >= (ptrdiff_t)sizeof address) return "--ip4 is not ADDRESS/PREFIX";
  snprintf(address, sizeof address, "%.*s", (int)(slash - text), text);
  network->prefix4 = atoi(slash + 1);
  network->has_ip4 = read_ip4(address, &network->gateway_ip4) && network->prefix4 > 0 && network->prefix4 <= 32;
  return network->has_ip4 ? NULL : "--ip4 is not ADDRESS/PREFIX";
}

const char *options_read(struct network *network, int argc, char **argv) {
  const char *folder = option(argc, argv, "--folder");
  const char *name = option(argc, argv, "--name");
  const char *mac = option(argc, argv, "--mac");
  const char *ip6 = option(argc, argv, "--ip6");
  const char *isolated = option(argc, argv, "--isolated");
  if (folder == NULL || folder[0] != '/' || strlen(folder) >= sizeof network->folder)
    return "--folder is missing, not absolute, or too long";
  if (name == NULL || strlen(name) >= sizeof network->name) return "--name is missing or too long";
  if (mac == NULL || !read_mac(mac, &network->gateway_mac)) return "--mac is missing or not a MAC address";
  if (ip6 != NULL && !read_ip6(ip6, &network->gateway_ip6)) return "--ip6 is not an address";
  strcpy(network->folder, folder);
  for (size_t i = 0; name[i] != 0; i++) network->name[i] = (char)tolower((unsigned char)name[i]);
  network->has_ip6 = ip6 != NULL;
  network->gateway_link_local = link_local_of(&network->gateway_mac);
  network->joined = isolated == NULL;
  return gateway4(network, option(argc, argv, "--ip4"));
}
