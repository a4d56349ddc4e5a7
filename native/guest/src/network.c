#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/route.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"

static void set_address(struct sockaddr *target, struct in_addr address) {
  struct sockaddr_in *in = (struct sockaddr_in *)target;
  memset(in, 0, sizeof *in);
  in->sin_family = AF_INET;
  in->sin_addr = address;
}

static int bring_up(int fd, const char *interface) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  if (ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -1;
  request.ifr_flags |= IFF_UP | IFF_RUNNING;
  return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int set_interface(int fd, const char *interface, struct in_addr address, int prefix, uint32_t mtu) {
  struct ifreq request = {0};
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
  set_address(&request.ifr_addr, address);
  if (ioctl(fd, SIOCSIFADDR, &request) < 0) return -1;
  struct in_addr mask = {.s_addr = htonl(prefix == 0 ? 0 : 0xffffffffu << (32 - prefix))};
  set_address(&request.ifr_netmask, mask);
  if (ioctl(fd, SIOCSIFNETMASK, &request) < 0) return -1;
  request.ifr_mtu = (int)mtu;
  if (ioctl(fd, SIOCSIFMTU, &request) < 0) return -1;
  return bring_up(fd, interface);
}

static int add_route(int fd, struct rtentry *route) {
  return ioctl(fd, SIOCADDRT, route) < 0 && errno != EEXIST ? -1 : 0;
}

static int set_route(int fd, struct in_addr gateway) {
  struct in_addr any = {0};
  struct rtentry through = {.rt_flags = RTF_UP | RTF_GATEWAY};
  set_address(&through.rt_dst, any);
  set_address(&through.rt_genmask, any);
  set_address(&through.rt_gateway, gateway);
  return add_route(fd, &through);
}

int network_configure(const char *interface, const char *address, const char *gateway, uint32_t mtu,
                      struct failure *failure) {
  char host[64];
  struct in_addr own, next;
  snprintf(host, sizeof host, "%s", address);
  char *slash = strchr(host, '/');
  int prefix = slash == NULL ? 32 : atoi(slash + 1);
  if (slash != NULL) *slash = 0;
  if (inet_pton(AF_INET, host, &own) != 1 || inet_pton(AF_INET, gateway, &next) != 1 || prefix < 0 || prefix > 32)
    return fail(failure, "GUEST_ERROR", "the host sent an invalid address: %s via %s", address, gateway);
  /* QEMU's user network has a gateway of version 6 too, and no container is told of it. */
  char path[128];
  snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/disable_ipv6", interface);
  (void)write_file(path, "1");
  SCOPED_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bring_up(fd, "lo") < 0 || set_interface(fd, interface, own, prefix, mtu) < 0 || set_route(fd, next) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot set up the guest's network");
  return 0;
}
