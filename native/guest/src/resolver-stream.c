#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file.h"
#include "resolver.h"

enum { WHOLE_SECONDS = 20, INSIDE_MS = 1000, STREAM_MESSAGE = 65535 };

static bool read_whole(int fd, uint8_t *data, size_t length) {
  for (size_t at = 0; at < length;) {
    ssize_t got = read(fd, data + at, length - at);
    if (got <= 0) return false;
    at += (size_t)got;
  }
  return true;
}

/* A message after its length; 0 at the end. */
static size_t read_message(int fd, uint8_t *message) {
  uint8_t size[2];
  if (!read_whole(fd, size, 2)) return 0;
  size_t length = (size_t)(size[0] << 8 | size[1]);
  return length > DNS_HEADER && read_whole(fd, message, length) ? length : 0;
}

static bool write_message(int fd, const uint8_t *message, size_t length) {
  const uint8_t size[2] = {(uint8_t)(length >> 8), (uint8_t)length};
  return write_all(fd, size, 2) == 0 && write_all(fd, message, length) == 0;
}

/* Networks answer datagrams only, and briefly. A socket of its own: the parent reads from its. */
static size_t ask_inside(const char *server, const uint8_t *question, size_t length, uint8_t *reply) {
  SCOPED_FD int fd = resolver_connect(server, SOCK_DGRAM);
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  if (fd < 0 || send(fd, question, length, 0) < 0 || poll(&ready, 1, INSIDE_MS) != 1) return 0;
  ssize_t got = recv(fd, reply, STREAM_MESSAGE, 0);
  return got < DNS_HEADER ? 0 : (size_t)got;
}

static size_t ask_outside(const char *server, const uint8_t *question, size_t length, uint8_t *reply) {
  SCOPED_FD int fd = resolver_connect(server, SOCK_STREAM);
  return fd >= 0 && write_message(fd, question, length) ? read_message(fd, reply) : 0;
}

static size_t ask(const struct resolver *resolver, uint8_t *question, size_t length, uint8_t *reply) {
  for (int i = 0; i < resolver->count; i++) {
    bool inside = i < resolver->inside;
    const char *server = resolver->names[i];
    size_t got = inside ? ask_inside(server, question, length, reply) : ask_outside(server, question, length, reply);
    if (got > 0 && resolver_settles(resolver, i, reply)) return got;
  }
  memcpy(reply, question, length);
  return (size_t)resolver_give_up(resolver, reply, (int)length);
}

void resolver_serve_stream(const struct resolver *resolver, int client) {
  static uint8_t question[STREAM_MESSAGE], reply[STREAM_MESSAGE];
  size_t length;
  alarm(WHOLE_SECONDS);
  while ((length = read_message(client, question)) > 0) {
    size_t got = ask(resolver, question, length, reply);
    if (!write_message(client, reply, got)) break;
  }
  _exit(0);
}
