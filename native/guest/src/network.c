#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "netlink.h"

static void set_address(struct sockaddr *target, struct in_addr address) {
  struct sockaddr_in *in = (struct sockaddr_in *)target;
  memset(in, 0, sizeof *in);
  in->sin_family = AF_INET;
  in->sin_addr = address;
}

static struct ifreq request_for(const char *interface) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  return request;
}

static int bring_up(int fd, const char *interface) {
  struct ifreq request = request_for(interface);
  if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -1;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int add_address4(int fd, const char *interface, struct in_addr address, int prefix) {
  struct ifreq request = request_for(interface);
  set_address(&request.ifr_addr, address);
  if (ioctl(fd, SIOCSIFADDR, &request) < 0) return -1;
  struct in_addr mask = {.s_addr = htonl(prefix == 0 ? 0 : 0xffffffffu << (32 - prefix))};
  set_address(&request.ifr_netmask, mask);
  return ioctl(fd, SIOCSIFNETMASK, &request);
}

static int add_address(int fd, const char *interface, const char *text) {
  char host[64];
  struct in_addr four;
  struct in6_addr six;
  snprintf(host, sizeof host, "%s", text);
  char *slash = strchr(host, '/');
  int prefix = slash == NULL ? -1 : atoi(slash + 1);
  if (slash != NULL) *slash = 0;
  if (prefix >= 0 && prefix <= 32 && inet_pton(AF_INET, host, &four) == 1)
    return add_address4(fd, interface, four, prefix);
  if (prefix >= 0 && prefix <= 128 && inet_pton(AF_INET6, host, &six) == 1) return netlink_add_address6(interface, &six, prefix);
  errno = EINVAL;
  return -1;
}

static int set_route(int fd, const char *gateway) {
  struct in_addr any = {0}, next;
  struct rtentry through = {.rt_flags = RTF_UP | RTF_GATEWAY};
  if (*gateway == 0) return 0;
  if (inet_pton(AF_INET, gateway, &next) != 1) return -1;
  set_address(&through.rt_dst, any);
  set_address(&through.rt_genmask, any);
  set_address(&through.rt_gateway, next);
  return ioctl(fd, SIOCADDRT, &through) < 0 && errno != EEXIST ? -1 : 0;
}

static void set_version6(const char *interface, const char *setting, const char *value) {
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s", interface, setting);
  (void)write_file(path, value);
}

/* Addresses come of the host alone, which has seen to it that nobody else has them: nothing is waited or asked for. */
static void prepare_version6(const struct interface *interface) {
  bool wanted = false;
  for (char **address = interface->addresses; *address != NULL; address++) wanted |= strchr(*address, ':') != NULL;
  set_version6(interface->name, "disable_ipv6", wanted ? "0" : "1");
  set_version6(interface->name, "accept_ra", "0");
  set_version6(interface->name, "accept_dad", "0");
  set_version6(interface->name, "dad_transmits", "0");
  set_version6(interface->name, "router_solicitations", "0");
}

int network_loopback(struct failure *failure) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && bring_up(fd, "lo") == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot set up the guest's loopback");
}

int network_configure(const struct interface *interface, struct failure *failure) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = request_for(interface->name);
  request.ifr_mtu = (int)interface->mtu;
  prepare_version6(interface);
  int failed = fd < 0 || ioctl(fd, SIOCSIFMTU, &request) < 0 || bring_up(fd, interface->name) < 0;
  for (char **address = interface->addresses; !failed && *address != NULL; address++)
    failed = add_address(fd, interface->name, *address) < 0;
  if (!failed && set_route(fd, interface->gateway) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot set up the guest's network interface %s", interface->name);
}

bool network_is_up(const char *interface) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = request_for(interface);
  return fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

int network_take_down(const char *interface) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = request_for(interface);
  if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -1;
  request.ifr_flags &= (short)~IFF_UP;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

int network_set_mac(const char *interface, const char *mac, struct failure *failure) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = request_for(interface);
  uint8_t *at = (uint8_t *)request.ifr_hwaddr.sa_data;
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  errno = EINVAL;
  if (fd >= 0 && sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", at, at + 1, at + 2, at + 3, at + 4, at + 5) == 6 &&
      ioctl(fd, SIOCSIFHWADDR, &request) == 0)
    return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot give the guest's network interface %s the address %s", interface, mac);
}

void network_reset(const char *interface) {
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = request_for(interface);
  set_address(&request.ifr_addr, (struct in_addr){0});
  (void)ioctl(fd, SIOCSIFADDR, &request);
  (void)network_take_down(interface);
}

/* The kernel renames none that is up. */
static int rename_down(int fd, const char *from, const char *to) {
  struct ifreq request = request_for(from);
  snprintf(request.ifr_newname, sizeof request.ifr_newname, "%s", to);
  return network_take_down(from) < 0 ? -1 : ioctl(fd, SIOCSIFNAME, &request);
}

int network_rename(const char *from, const char *to, struct failure *failure) {
  if (strcmp(from, to) == 0) return 0;
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  char spare[IF_NAMESIZE];
  snprintf(spare, sizeof spare, "spare%u", if_nametoindex(to));
  if (if_nametoindex(to) != 0) (void)rename_down(fd, to, spare);
  if (rename_down(fd, from, to) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot call the guest's network interface %s", to);
}
