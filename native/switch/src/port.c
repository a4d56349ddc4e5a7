#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  SOCKET_BUFFER = 4 << 20,
  QUEUE_LIMIT = 8 << 20,
  QUEUE_LEAST = 6 * FRAME_LIMIT,
  BURST_LEAST = 2 * FRAME_LIMIT,
  RETRY_NS = 20000000,
};

static struct sockaddr_un address_of(const struct network *network, const struct member *member, const char *side) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/%.12s.%s", network->folder, member->id, side);
  return address;
}

int port_open(const struct network *network, struct member *member) {
  struct sockaddr_un own = address_of(network, member, "switch");
  member->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (member->fd < 0) return -1;
  /* As much as the system allows: frames are large, and a sender waits where they do not fit. */
  const int size = SOCKET_BUFFER;
  (void)setsockopt(member->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  /* A switch before this one left it. */
  if (unlink(own.sun_path) < 0 && errno != ENOENT) return -1;
  return bind(member->fd, (struct sockaddr *)&own, sizeof own);
}

void port_remove_files(const struct network *network, const struct member *member) {
  (void)unlink(address_of(network, member, "switch").sun_path);
  (void)unlink(address_of(network, member, "vm").sun_path);
}

void port_set_rate(struct member *member, uint64_t bits, uint64_t now) {
  uint64_t rate = bits / 8;
  int64_t burst = (int64_t)(rate / 20) > BURST_LEAST ? (int64_t)(rate / 20) : BURST_LEAST;
  size_t quarter = (size_t)(rate / 4);
  bucket_set(&member->sent, rate, burst, now);
  bucket_set(&member->got, rate, burst, now);
  member->queue_limit = rate == 0 || quarter > QUEUE_LIMIT ? QUEUE_LIMIT : quarter < QUEUE_LEAST ? QUEUE_LEAST : quarter;
}

/* Joined to its VM's socket, it hears from nobody else, and can wait for that one to take more. */
static bool is_connected(const struct network *network, struct member *member, uint64_t now) {
  if (member->connected || (member->tried_at != 0 && now - member->tried_at < RETRY_NS)) return member->connected;
  struct sockaddr_un peer = address_of(network, member, "vm");
  member->tried_at = now;
  member->connected = connect(member->fd, (struct sockaddr *)&peer, sizeof peer) == 0;
  return member->connected;
}

bool port_may_receive(struct member *member, uint64_t now) { return bucket_ready(&member->sent, now); }

size_t port_receive(struct member *member, uint8_t *frame, size_t room, uint64_t now) {
  if (!port_may_receive(member, now)) return 0;
  ssize_t got = recv(member->fd, frame, room, MSG_TRUNC);
  if (got <= 0) return 0;
  bucket_take(&member->sent, got);
  member->sent_bytes += (uint64_t)got;
  /* Longer than any frame is: passed over as one that is none. */
  return (size_t)got > room ? 1 : (size_t)got;
}

/* 1: sent, or nobody is there to take it; 0: not now. */
static int try_send(const struct network *network, struct member *member, const uint8_t *frame, size_t length,
                    uint64_t now) {
  if (!is_connected(network, member, now)) {
    member->dropped++;
    return 1;
  }
  ssize_t sent = send(member->fd, frame, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) return 0;
  if (sent < 0) {
    /* Its VM has gone. */
    member->connected = false;
    member->dropped++;
    return 1;
  }
  bucket_take(&member->got, sent);
  member->got_bytes += (uint64_t)sent;
  return 1;
}

void port_send(const struct network *network, struct member *member, uint16_t from, const uint8_t *frame, size_t length,
               uint64_t now) {
  if (member->queue.first == NULL && bucket_ready(&member->got, now) && try_send(network, member, frame, length, now) == 1)
    return;
  if (!queue_push(&member->queue, member->queue_limit, from, frame, length)) member->dropped++;
}

void port_flush(const struct network *network, struct member *member, uint64_t now) {
  while (member->queue.first != NULL && bucket_ready(&member->got, now)) {
    if (try_send(network, member, member->queue.first->frame, member->queue.first->length, now) == 0) return;
    queue_pop(&member->queue);
  }
}

bool port_wants_write(struct member *member, uint64_t now) {
  return member->queue.first != NULL && bucket_ready(&member->got, now);
}

uint64_t port_wait(struct member *member, uint64_t now) {
  uint64_t sending = bucket_wait(&member->sent, now);
  uint64_t getting = member->queue.first == NULL ? 0 : bucket_wait(&member->got, now);
  if (sending == 0) return getting == 0 ? UINT64_MAX : getting;
  return getting == 0 || sending < getting ? sending : getting;
}
