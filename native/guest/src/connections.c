#include "connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"

enum { BUFFER = 16384 };
/* By tcp_states.h: all but those who have no other end. */
static const uint32_t CONNECTED = 0xfffu & ~(1u << TCP_LISTEN | 1u << TCP_CLOSE | 1u << TCP_TIME_WAIT);

struct request {
  struct nlmsghdr header;
  struct inet_diag_req_v2 body;
};

struct sockets {
  struct inet_diag_msg *all;
  size_t count;
};

static struct request request_of(uint16_t type, uint16_t flags, int family) {
  return (struct request){
      .header = {.nlmsg_len = sizeof(struct request), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags},
      .body = {.sdiag_family = (uint8_t)family, .sdiag_protocol = IPPROTO_TCP, .idiag_states = CONNECTED},
  };
}

static bool within(const struct inet_diag_msg *socket) {
  const uint32_t *from = socket->id.idiag_src, *to = socket->id.idiag_dst;
  if (memcmp(from, to, sizeof socket->id.idiag_src) == 0) return true;
  if (socket->idiag_family == AF_INET) return ntohl(to[0]) >> 24 == 127;
  if (to[0] != 0 || to[1] != 0) return false;
  return (to[2] == 0 && to[3] == htonl(1)) || (to[2] == htonl(0xffff) && ntohl(to[3]) >> 24 == 127);
}

static int keep(struct sockets *sockets, const struct inet_diag_msg *socket) {
  struct inet_diag_msg *larger = realloc(sockets->all, (sockets->count + 1) * sizeof *larger);
  if (larger == NULL) return -1;
  sockets->all = larger;
  sockets->all[sockets->count++] = *socket;
  return 0;
}

/* 1: there is more to come; 0: that was the end. */
static int take(struct sockets *sockets, const struct nlmsghdr *message, size_t length) {
  for (; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
    if (message->nlmsg_type == NLMSG_DONE) return 0;
    if (message->nlmsg_type == NLMSG_ERROR) {
      errno = -((const struct nlmsgerr *)NLMSG_DATA(message))->error;
      return errno == 0 ? 0 : -1;
    }
    const struct inet_diag_msg *socket = NLMSG_DATA(message);
    if (!within(socket) && keep(sockets, socket) < 0) return -1;
  }
  return 1;
}

static int list(int fd, int family, struct sockets *sockets) {
  static _Alignas(struct nlmsghdr) char buffer[BUFFER];
  struct request request = request_of(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, family);
  if (send(fd, &request, sizeof request, 0) < 0) return -1;
  int more = 1;
  while (more > 0) {
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    more = got < 0 ? -1 : take(sockets, (const struct nlmsghdr *)buffer, (size_t)got);
  }
  return more;
}

static int cut(int fd, const struct inet_diag_msg *socket) {
  static _Alignas(struct nlmsghdr) char buffer[BUFFER];
  struct request request = request_of(SOCK_DESTROY, NLM_F_ACK, socket->idiag_family);
  struct sockets none = {0};
  request.body.id = socket->id;
  if (send(fd, &request, sizeof request, 0) < 0) return -1;
  ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (got < 0) return -1;
  /* It has ended by itself meanwhile. */
  return take(&none, (const struct nlmsghdr *)buffer, (size_t)got) < 0 && errno != ENOENT ? -1 : 0;
}

int connections_cut(struct failure *failure) {
  SCOPED_FD int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  struct sockets sockets = {0};
  int result = fd < 0 || list(fd, AF_INET, &sockets) < 0 || list(fd, AF_INET6, &sockets) < 0 ? -1 : 0;
  for (size_t i = 0; result == 0 && i < sockets.count; i++) result = cut(fd, &sockets.all[i]);
  free(sockets.all);
  return result == 0 ? 0 : fail_errno(failure, "GUEST_ERROR", "cannot break the connections of the container's parent");
}
