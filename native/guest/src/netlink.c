#include "netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"

struct add_address {
  struct nlmsghdr header;
  struct ifaddrmsg address;
  struct rtattr attribute;
  struct in6_addr value;
};

int netlink_add_address6(const char *interface, const struct in6_addr *address, int prefix) {
  struct add_address request = {
      .header = {.nlmsg_len = sizeof request,
                 .nlmsg_type = RTM_NEWADDR,
                 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE},
      .address = {.ifa_family = AF_INET6,
                  .ifa_prefixlen = (uint8_t)prefix,
                  .ifa_flags = IFA_F_NODAD | IFA_F_PERMANENT,
                  .ifa_index = if_nametoindex(interface)},
      .attribute = {.rta_len = RTA_LENGTH(sizeof *address), .rta_type = IFA_LOCAL},
      .value = *address};
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    uint8_t room[256];
  } reply;
  SCOPED_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0 || send(fd, &request, sizeof request, 0) < 0) return -1;
  ssize_t got = recv(fd, &reply, sizeof reply, 0);
  if (got < (ssize_t)(sizeof reply.header + sizeof reply.error.error)) return -1;
  if (reply.header.nlmsg_type != NLMSG_ERROR || reply.error.error == 0) return 0;
  errno = -reply.error.error;
  return -1;
}
