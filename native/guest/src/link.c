#include "link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"

enum { QUEUE_MAX = 40 << 20 };

void link_open(struct link *link, int fd) {
  memset(link, 0, sizeof *link);
  link->fd = fd;
}

void link_reset(struct link *link) {
  link->reader.length = 0;
  link->queued = 0;
  link->message_length = 0;
  free(link->queue);
  free(link->message);
  link->queue = link->message = NULL;
  link->room = 0;
}

bool link_wants_write(const struct link *link) { return link->queued > 0 && !link->away; }

void link_flush(struct link *link) {
  size_t sent = 0;
  while (sent < link->queued) {
    /* The kernel copies each write whole: small ones leave it little to find in one piece. */
    size_t part = link->queued - sent > FRAME_MAX ? FRAME_MAX : link->queued - sent;
    ssize_t written = write(link->fd, link->queue + sent, part);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    sent += (size_t)written;
  }
  link->queued -= sent;
  if (link->queued > 0) {
    memmove(link->queue, link->queue + sent, link->queued);
  } else {
    free(link->queue);
    link->queue = NULL;
    link->room = 0;
  }
}

void link_send(struct link *link, uint8_t type, uint32_t channel, const void *payload, size_t length) {
  if (link->away) return;
  size_t needed = link->queued + FRAME_HEADER + length;
  if (needed > QUEUE_MAX) {
    link_reset(link);
    return;
  }
  if (needed > link->room) {
    uint8_t *larger = realloc(link->queue, needed * 2);
    if (larger == NULL) return;
    link->queue = larger;
    link->room = needed * 2;
  }
  struct frame frame = {.type = type, .channel = channel, .length = (uint32_t)length, .payload = payload};
  link->queued += frame_encode(link->queue + link->queued, &frame);
  link_flush(link);
}

void link_send_failure(struct link *link, uint32_t channel, const struct failure *failure) {
  uint8_t payload[sizeof *failure + 16];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  field_put_text(&writer, ERROR_CODE, failure->code);
  field_put_text(&writer, ERROR_MESSAGE, failure->message);
  link_send(link, FRAME_ERROR, channel, payload, writer.length);
}

int link_receive(struct link *link) {
  size_t room = frame_reader_room(&link->reader);
  ssize_t got = room == 0 ? -1 : read(link->fd, link->reader.data + link->reader.length, room);
  if (got > 0) link->reader.length += (size_t)got;
  return got != 0;
}

/* True when the message is whole. */
static bool append(struct link *link, struct frame *frame) {
  size_t length = link->message_length + frame->length;
  if (length > MESSAGE_MAX) {
    link->message_length = 0;
    return false;
  }
  uint8_t *larger = realloc(link->message, length + 1);
  if (larger == NULL) return false;
  if (frame->length > 0) memcpy(larger + link->message_length, frame->payload, frame->length);
  link->message = larger;
  link->message_length = length;
  return (frame->flags & FRAME_MORE) == 0;
}

bool link_next(struct link *link, struct frame *message) {
  while (frame_reader_peek(&link->reader, message)) {
    /* A new connection: what the last one left half said is not part of this one. */
    if (message->type == FRAME_HELLO) link->message_length = 0;
    bool whole = append(link, message);
    frame_reader_next(&link->reader);
    if (!whole) continue;
    message->length = (uint32_t)link->message_length;
    message->payload = link->message;
    link->message_length = 0;
    return true;
  }
  return false;
}
