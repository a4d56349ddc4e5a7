#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asked.h"
#include "rules.h"

/*
 * QEMU loads this before the C library (LD_PRELOAD), so that its user network calls these functions in place of the C
 * library's: what a guest sends, by whatever way, becomes one of these calls before it leaves QEMU. Of the C library
 * only functions are used that every one has, and none by version: so it fits any.
 */
#define EXPORT __attribute__((visibility("default")))

enum { TEXT_MAX = 8192, PATH_MAX_LENGTH = 200 };

/* Where the engine names ports; beside it, in `.pid`, this says in which process it is. */
static char ports_path[PATH_MAX_LENGTH];

static size_t number_text(long number, char *out) {
  char reversed[24];
  size_t length = 0;
  do reversed[length++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  for (size_t i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
  return length;
}

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("RAMET_GUARD");
  char own[PATH_MAX_LENGTH + 8], pid[24];
  if (path == NULL || strlen(path) >= sizeof ports_path) return;
  strcpy(ports_path, path);
  strcpy(own, path);
  strcat(own, ".pid");
  int fd = open(own, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  /* The engine lets no guest run where this does not come about. */
  if (fd < 0) return;
  size_t length = number_text(getpid(), pid);
  (void)!write(fd, pid, length);
  close(fd);
}

/* "" where it cannot be read; what is longer is cut off. */
static const char *read_text(const char *path, char *text) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got;
  while (fd >= 0 && length < TEXT_MAX - 1 && (got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
    length += (size_t)got;
  if (fd >= 0) close(fd);
  text[length] = 0;
  return text;
}

static uint64_t now(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec;
}

/* `answers`: by this socket one that asked may be answered. */
static bool is_allowed(int fd, const void *address, size_t length, bool answers) {
  struct place to;
  if (!place_read(address, length, &to) || !place_is_loopback(&to)) return true;
  if (answers && asked_lately(fd, &to, now())) return true;
  char ports[TEXT_MAX], resolv_conf[TEXT_MAX];
  const struct facts facts = {.ports = ports_path[0] == 0 ? "" : read_text(ports_path, ports),
                              .resolv_conf = read_text("/etc/resolv.conf", resolv_conf)};
  return rules_allow(&to, &facts);
}

/*
 * The guest is told so. Not ECONNREFUSED, which the kernel does not say at once of a socket that does not wait: libslirp
 * 4.7 does not expect it there, and takes QEMU down.
 */
static int refuse(void) {
  errno = EHOSTUNREACH;
  return -1;
}

static void remember(int fd, const void *address, size_t length) {
  struct place from;
  if (place_read(address, length, &from) && place_is_loopback(&from)) asked_remember(fd, &from, now());
}

EXPORT int connect(int fd, const struct sockaddr *address, socklen_t length) {
  if (!is_allowed(fd, address, length, false)) return refuse();
  return (int)syscall(SYS_connect, fd, address, length);
}

EXPORT ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *address,
                      socklen_t length) {
  if (!is_allowed(fd, address, length, true)) return refuse();
  return syscall(SYS_sendto, fd, data, size, flags, address, length);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  if (!is_allowed(fd, message->msg_name, message->msg_namelen, true)) return refuse();
  return syscall(SYS_sendmsg, fd, message, flags);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  for (unsigned i = 0; i < count; i++) {
    const struct msghdr *message = &messages[i].msg_hdr;
    if (!is_allowed(fd, message->msg_name, message->msg_namelen, true)) return refuse();
  }
  return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

EXPORT ssize_t recvfrom(int fd, void *restrict data, size_t size, int flags, struct sockaddr *restrict address,
                        socklen_t *restrict length) {
  socklen_t room = length == NULL ? 0 : *length;
  ssize_t got = syscall(SYS_recvfrom, fd, data, size, flags, address, length);
  if (got >= 0 && address != NULL && length != NULL) remember(fd, address, *length < room ? *length : room);
  return got;
}

/* What the C library calls in its place where a program was compiled to have its buffers checked. */
EXPORT ssize_t __recvfrom_chk(int fd, void *data, size_t size, size_t room, int flags, struct sockaddr *address,
                              socklen_t *length) {
  if (size > room) abort();
  return recvfrom(fd, data, size, flags, address, length);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  socklen_t room = message->msg_namelen;
  ssize_t got = syscall(SYS_recvmsg, fd, message, flags);
  /* In the queue of errors stands where something was sent to. */
  if (got >= 0 && message->msg_name != NULL && (flags & MSG_ERRQUEUE) == 0)
    remember(fd, message->msg_name, message->msg_namelen < room ? message->msg_namelen : room);
  return got;
}
