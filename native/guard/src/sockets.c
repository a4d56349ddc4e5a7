#include "sockets.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>

enum { FDS_MAX = 16384 };

/* By file descriptor. Threads close and open; each touches but its own. */
static _Atomic unsigned char kinds[FDS_MAX];

static int option(int fd, int name) {
  int value = -1, kept = errno;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0) value = -1;
  errno = kept;
  return value;
}

static enum kind look(int fd) {
  int domain = option(fd, SO_DOMAIN);
  if (domain != AF_INET && domain != AF_INET6) return OTHER;
  return option(fd, SO_TYPE) == SOCK_STREAM ? STREAM : DATAGRAM;
}

enum kind socket_known(int fd) {
  return fd < 0 || fd >= FDS_MAX ? UNKNOWN : (enum kind)atomic_load_explicit(&kinds[fd], memory_order_relaxed);
}

enum kind socket_kind(int fd) {
  enum kind kind = socket_known(fd);
  if (kind != UNKNOWN) return kind;
  kind = look(fd);
  if (fd >= 0 && fd < FDS_MAX) atomic_store_explicit(&kinds[fd], (unsigned char)kind, memory_order_relaxed);
  return kind;
}

void socket_closing(int fd) {
  if (fd >= 0 && fd < FDS_MAX) atomic_store_explicit(&kinds[fd], UNKNOWN, memory_order_relaxed);
}
