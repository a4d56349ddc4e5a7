#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "loopback.h"
#include "nat.h"
#include "sockets.h"

/*
 * QEMU loads this before the C library (LD_PRELOAD), so that its user network calls these functions in place of the C
 * library's: what a guest sends, by whatever way, becomes one of these calls before it leaves QEMU. Of the C library
 * only functions are used that every one has, and none by version: so it fits any.
 */
#define EXPORT __attribute__((visibility("default")))

enum { PATH_MAX_LENGTH = 200, POLLED_MAX = 4096, KERNEL_SIGNAL_BYTES = 8 };

__attribute__((constructor)) static void begin(void) {
  static char ports[PATH_MAX_LENGTH];
  const char *path = getenv("RAMET_GUARD");
  char state[PATH_MAX_LENGTH + 8];
  if (path == NULL || strlen(path) >= sizeof ports) return;
  loopback_ports_in(strcpy(ports, path));
  /* The engine lets no guest run where this does not come about. */
  nat_open(state_make(strcat(strcpy(state, path), ".state")));
}

/*
 * The guest is told so. Not ECONNREFUSED, which the kernel does not say at once of a socket that does not wait: libslirp
 * 4.7 does not expect it there, and takes QEMU down.
 */
static int refuse(void) {
  errno = EHOSTUNREACH;
  return -1;
}

static int later(void) {
  errno = EAGAIN;
  return -1;
}

EXPORT int connect(int fd, const struct sockaddr *address, socklen_t length) {
  if (!loopback_allows(fd, address, length, false)) return refuse();
  return (int)syscall(SYS_connect, fd, address, length);
}

EXPORT int close(int fd) {
  socket_closing(fd);
  return (int)syscall(SYS_close, fd);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
                      socklen_t length) {
  if (!loopback_allows(fd, address, length, true)) return refuse();
  size_t room = nat_room(fd, OUT, size);
  /* As a line loses datagrams: nobody is told. */
  if (room == 0 && size > 0) return socket_kind(fd) == DATAGRAM ? (ssize_t)size : later();
  ssize_t sent = syscall(SYS_sendto, fd, data, room, flags, address, length);
  nat_passed(fd, OUT, sent);
  return sent;
}

EXPORT ssize_t send(int fd, const void *data, size_t size, int flags) {
  return sendto(fd, data, size, flags, NULL, 0);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  if (!loopback_allows(fd, message->msg_name, message->msg_namelen, true)) return refuse();
  if (nat_room(fd, OUT, 1) == 0) return later();
  ssize_t sent = syscall(SYS_sendmsg, fd, message, flags);
  nat_passed(fd, OUT, sent);
  return sent;
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  for (unsigned i = 0; i < count; i++) {
    const struct msghdr *message = &messages[i].msg_hdr;
    if (!loopback_allows(fd, message->msg_name, message->msg_namelen, true)) return refuse();
  }
  if (nat_room(fd, OUT, 1) == 0) return later();
  int sent = (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
  for (int i = 0; i < sent; i++) nat_passed(fd, OUT, (ssize_t)messages[i].msg_len);
  return sent;
}

EXPORT ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags, struct sockaddr *restrict address,
                        socklen_t *restrict length) {
  socklen_t named = length == NULL ? 0 : *length;
  size_t room = nat_room(fd, IN, size);
  if (room == 0 && size > 0) return later();
  ssize_t got = syscall(SYS_recvfrom, fd, data, room, flags, address, length);
  if (got >= 0 && address != NULL && length != NULL) loopback_asked(fd, address, *length < named ? *length : named);
  if ((flags & MSG_PEEK) == 0) nat_passed(fd, IN, got);
  return got;
}

EXPORT ssize_t recv(int fd, void *data, size_t size, int flags) {
  return recvfrom(fd, data, size, flags, NULL, NULL);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  socklen_t named = message->msg_namelen;
  if (nat_room(fd, IN, 1) == 0) return later();
  ssize_t got = syscall(SYS_recvmsg, fd, message, flags);
  /* In the queue of errors stands where something was sent to. */
  if (got < 0 || (flags & MSG_ERRQUEUE) != 0) return got;
  if (message->msg_name != NULL)
    loopback_asked(fd, message->msg_name, message->msg_namelen < named ? message->msg_namelen : named);
  if ((flags & MSG_PEEK) == 0) nat_passed(fd, IN, got);
  return got;
}

static int poll_for(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals) {
  /* The kernel writes down what is left of it. */
  struct timespec left = timeout == NULL ? (struct timespec){0} : *timeout;
  return (int)syscall(SYS_ppoll, fds, count, timeout == NULL ? NULL : &left, signals, KERNEL_SIGNAL_BYTES);
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals) {
  struct pollfd held[POLLED_MAX];
  uint64_t wait;
  /* So many are no guest's that works: it costs them a CPU, and nobody else anything. */
  if (count > POLLED_MAX) return poll_for(fds, count, timeout, signals);
  memcpy(held, fds, count * sizeof *fds);
  if (!nat_mask(held, count, &wait)) return poll_for(fds, count, timeout, signals);
  const struct timespec sooner = {.tv_sec = (time_t)(wait / SECOND_NS), .tv_nsec = (long)(wait % SECOND_NS)};
  bool shorter = timeout == NULL || timeout->tv_sec > sooner.tv_sec ||
                 (timeout->tv_sec == sooner.tv_sec && timeout->tv_nsec > sooner.tv_nsec);
  int ready = poll_for(held, count, shorter ? &sooner : timeout, signals);
  for (nfds_t i = 0; i < count; i++) fds[i].revents = ready < 0 ? 0 : held[i].revents;
  return ready;
}

/* What the C library calls in their place where a program was compiled to have its buffers checked. */
EXPORT ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags, struct sockaddr *address,
                              socklen_t *length) {
  if (size > room) abort();
  return recvfrom(fd, data, size, flags, address, length);
}

EXPORT ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags) {
  return __recvfrom_chk(fd, data, size, room, flags, NULL, NULL);
}

EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *signals,
                       size_t room) {
  if (room / sizeof *fds < count) abort();
  return ppoll(fds, count, timeout, signals);
}
