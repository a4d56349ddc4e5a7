#include "sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fields.h"
#include "file.h"
#include "process.h"

enum { BACKLOG = 128 };

void sockets_init(struct sockets *sockets, struct link *link) {
  *sockets = (struct sockets){.link = link};
  for (int i = 0; i < MOUNTS_MAX; i++) sockets->listening[i] = -1;
}

static unsigned option(const char *options, const char *name, int base, unsigned otherwise) {
  const char *at = strstr(options, name);
  return at == NULL ? otherwise : (unsigned)strtoul(at + strlen(name), NULL, base);
}

int sockets_listen(struct sockets *sockets, uint32_t number, const char *path, const char *options,
                   struct failure *failure) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return fail(failure, "GUEST_ERROR", "%s is too long for a socket", path);
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
      chown(path, option(options, "uid=", 10, 0), option(options, "gid=", 10, 0)) == 0 &&
      chmod(path, option(options, "mode=", 8, 0666) & 0777) == 0 && listen(fd, BACKLOG) == 0) {
    sockets->listening[number] = fd;
    return 0;
  }
  fail_errno(failure, "GUEST_ERROR", "cannot listen for the container");
  if (fd >= 0) close(fd);
  return -1;
}

static void forget(struct sockets *sockets, size_t index) {
  struct connection *connection = sockets->connections[index];
  sockets->connections[index] = sockets->connections[--sockets->count];
  close(connection->fd);
  free(connection->input);
  free(connection);
}

void sockets_forget_host(struct sockets *sockets) {
  sockets->hosted = false;
  while (sockets->count > 0) forget(sockets, 0);
}

void sockets_message(struct sockets *sockets, const struct frame *message) {
  const uint8_t *payload = message->payload;
  uint32_t length = message->length;
  size_t i = 0;
  while (i < sockets->count && sockets->connections[i]->channel != message->channel) i++;
  if (i == sockets->count) return;
  struct connection *connection = sockets->connections[i];
  switch (message->type) {
    case FRAME_STDIN:
      connection_input(connection, sockets->link, payload, length, false);
      break;
    case FRAME_STDIN_END:
      connection_input(connection, sockets->link, NULL, 0, true);
      break;
    case FRAME_WINDOW:
      connection->credit += (uint32_t)field_number(payload, length, WINDOW_BYTES, 0);
      break;
    case FRAME_HANG_UP:
      forget(sockets, i);
      break;
  }
}

static void accept_one(struct sockets *sockets, uint32_t number) {
  int fd = accept4(sockets->listening[number], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  struct connection *connection = fd < 0 ? NULL : calloc(1, sizeof *connection);
  if (connection == NULL) {
    if (fd >= 0) close(fd);
    return;
  }
  uint8_t payload[16];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  *connection = (struct connection){.channel = CONNECTIONS | (sockets->next++ & ~CONNECTIONS), .fd = fd, .credit = WINDOW_INITIAL};
  sockets->connections[sockets->count++] = connection;
  field_put_u32(&writer, CONNECTION_SOCKET, number);
  link_send(sockets->link, FRAME_CONNECTION, connection->channel, payload, writer.length);
}

static bool accepts(const struct sockets *sockets) { return sockets->hosted && sockets->count < CONNECTIONS_MAX; }

size_t sockets_poll(const struct sockets *sockets, struct pollfd *out) {
  size_t count = 0;
  for (int i = 0; i < MOUNTS_MAX && accepts(sockets); i++) {
    if (sockets->listening[i] >= 0) out[count++] = (struct pollfd){.fd = sockets->listening[i], .events = POLLIN};
  }
  for (size_t i = 0; i < sockets->count; i++) {
    if (connection_poll(sockets->connections[i], out + count)) count++;
  }
  return count;
}

void sockets_serve(struct sockets *sockets) {
  for (uint32_t i = 0; i < MOUNTS_MAX; i++) {
    if (sockets->listening[i] >= 0 && accepts(sockets)) accept_one(sockets, i);
  }
  for (size_t i = sockets->count; i-- > 0;) {
    struct connection *connection = sockets->connections[i];
    connection_serve(connection, sockets->link);
    if (!connection_done(connection)) continue;
    link_send(sockets->link, FRAME_HUNG_UP, connection->channel, NULL, 0);
    forget(sockets, i);
  }
}
