#include "connection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process.h"
#include "stream.h"

static void end_writing(struct connection *connection) {
  if (!connection->written_all) (void)shutdown(connection->fd, SHUT_WR);
  connection->written_all = true;
}

static void write_input(struct connection *connection, struct link *link) {
  size_t given = 0;
  while (given < connection->input_length && !connection->written_all) {
    ssize_t written = send(connection->fd, connection->input + given, connection->input_length - given,
                           MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    /* Nobody reads any more: what is left has nowhere to go. */
    if (written < 0) connection->written_all = true;
    else given += (size_t)written;
  }
  if (connection->written_all) given = connection->input_length;
  if (given > 0) {
    connection->input_length -= given;
    memmove(connection->input, connection->input + given, connection->input_length);
    stream_grant(link, connection->channel, given);
  }
  if (connection->input_length == 0) {
    free(connection->input);
    connection->input = NULL;
    if (connection->input_ends) end_writing(connection);
  }
}

void connection_input(struct connection *connection, struct link *link, const void *data, size_t length, bool end) {
  size_t total = connection->input_length + length;
  if (length > 0 && !connection->input_ends && total <= WINDOW_INITIAL) {
    uint8_t *larger = realloc(connection->input, total);
    if (larger != NULL) {
      memcpy(larger + connection->input_length, data, length);
      connection->input = larger;
      connection->input_length = total;
    }
  }
  if (end) connection->input_ends = true;
  write_input(connection, link);
}

static void read_output(struct connection *connection, struct link *link) {
  static uint8_t data[FRAME_PAYLOAD_MAX];
  /* A few pieces at a time, so that one connection does not starve the others. */
  for (int turn = 0; turn < 8 && !connection->read_all && connection->credit > 0; turn++) {
    size_t room = connection->credit > sizeof data ? sizeof data : connection->credit;
    ssize_t got = recv(connection->fd, data, room, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got > 0) {
      connection->credit -= (uint32_t)got;
      link_send(link, FRAME_STDOUT, connection->channel, data, (size_t)got);
      continue;
    }
    connection->read_all = true;
    stream_send_end(link, connection->channel, STREAM_OUT);
  }
}

/* Both directions are shut: that is how it looks when the other end was closed, and not only half of it. */
static bool is_abandoned(const struct connection *connection) {
  struct pollfd look = {.fd = connection->fd};
  return poll(&look, 1, 0) == 1 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

void connection_serve(struct connection *connection, struct link *link) {
  if (connection->input_length > 0) write_input(connection, link);
  /* Asked before it is read: what was sent before it was closed is there then. */
  if (!connection->abandoned && is_abandoned(connection)) connection->abandoned = true;
  read_output(connection, link);
  if (connection->abandoned && !connection->written_all) {
    connection->written_all = true;
    write_input(connection, link);
  }
}

bool connection_poll(const struct connection *connection, struct pollfd *out) {
  bool reads = !connection->read_all && connection->credit > 0;
  /* One that was closed is ready for ever, whether it is asked for anything or not. */
  if (connection->abandoned && !reads) return false;
  *out = (struct pollfd){.fd = connection->fd};
  if (reads) out->events |= POLLIN;
  if (connection->input_length > 0) out->events |= POLLOUT;
  return true;
}

bool connection_done(const struct connection *connection) { return connection->read_all && connection->written_all; }
