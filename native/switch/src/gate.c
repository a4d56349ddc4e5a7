#include "gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum {
  QUEUE_LIMIT = 4 << 20,
  QUEUE_LEAST = 1 << 18,
  BURST_LEAST = 1 << 15,
  RETRY_NS = 100000000,
  TURN = 16,
};

static const char *const sockets[GATE_SOCKETS] = {"up-from", "up-to", "down-from", "down-to"};

static struct sockaddr_un address_of(const struct network *network, const struct gate *gate, size_t at) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/%.12s.%s", network->folder, gate->id, sockets[at]);
  return address;
}

static int *socket_of(struct gate *gate, size_t at) {
  struct lane *lane = &gate->lanes[at / LANE_SOCKETS];
  return at % LANE_SOCKETS == 0 ? &lane->from : &lane->to;
}

struct gate *gate_by_id(struct network *network, const char *id) {
  for (size_t i = 0; i < GATES_MAX; i++) {
    if (network->gates[i] != NULL && strcmp(network->gates[i]->id, id) == 0) return network->gates[i];
  }
  return NULL;
}

struct gate *gate_add(struct network *network, const char *id) {
  for (size_t i = 0; i < GATES_MAX; i++) {
    if (network->gates[i] != NULL) continue;
    struct gate *gate = calloc(1, sizeof *gate);
    if (gate == NULL) return NULL;
    strncpy(gate->id, id, sizeof gate->id - 1);
    for (size_t at = 0; at < GATE_SOCKETS; at++) *socket_of(gate, at) = -1;
    network->gates[i] = gate;
    return gate;
  }
  return NULL;
}

/* QEMU's end is made anew: what was half taken or half sent is of no use. */
static void hang_up(struct gate *gate) {
  for (size_t at = 0; at < GATE_SOCKETS; at++) {
    int *fd = socket_of(gate, at);
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
  for (size_t i = 0; i < LANES; i++) {
    struct lane *lane = &gate->lanes[i];
    queue_clear(&lane->queue);
    lane->filled = lane->to_skip = lane->gone = 0;
  }
}

void gate_remove(struct network *network, struct gate *gate) {
  hang_up(gate);
  for (size_t at = 0; at < GATE_SOCKETS; at++) (void)unlink(address_of(network, gate, at).sun_path);
  for (size_t i = 0; i < GATES_MAX; i++) {
    if (network->gates[i] == gate) network->gates[i] = NULL;
  }
  free(gate);
}

void gate_set_rate(struct gate *gate, uint64_t bits, uint64_t now) {
  uint64_t rate = bits / 8;
  int64_t burst = (int64_t)(rate / 50) > BURST_LEAST ? (int64_t)(rate / 50) : BURST_LEAST;
  size_t quarter = (size_t)(rate / 4);
  for (size_t i = 0; i < LANES; i++) {
    struct lane *lane = &gate->lanes[i];
    bucket_set(&lane->bucket, rate, burst, now);
    lane->queue_limit = rate == 0 || quarter > QUEUE_LIMIT ? QUEUE_LIMIT : quarter < QUEUE_LEAST ? QUEUE_LEAST : quarter;
  }
}

static bool is_joined(struct gate *gate) { return gate->lanes[0].from >= 0; }

/* All of its sockets, or none. */
static void join(const struct network *network, struct gate *gate, uint64_t now) {
  if (is_joined(gate) || (gate->tried_at != 0 && now - gate->tried_at < RETRY_NS)) return;
  gate->tried_at = now;
  for (size_t at = 0; at < GATE_SOCKETS; at++) {
    struct sockaddr_un address = address_of(network, gate, at);
    int *fd = socket_of(gate, at);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0 && connect(*fd, (struct sockaddr *)&address, sizeof address) == 0) continue;
    hang_up(gate);
    return;
  }
}

static void push(struct lane *lane, const uint8_t *frame, size_t length) {
  /* Nobody else is in this queue: half of the limit that it bounds each one to is all of it. */
  if (!queue_push(&lane->queue, 2 * lane->queue_limit, 0, frame, length)) lane->dropped++;
}

/* What is whole in the buffer. */
static void take_frames(struct lane *lane) {
  size_t at = 0;
  while (at < lane->filled) {
    size_t left = lane->filled - at;
    if (lane->to_skip > 0) {
      size_t skipped = left < lane->to_skip ? left : lane->to_skip;
      lane->to_skip -= skipped;
      at += skipped;
      continue;
    }
    uint32_t length;
    if (left < LANE_HEADER) break;
    memcpy(&length, lane->in + at, sizeof length);
    length = ntohl(length);
    if (length > FRAME_LIMIT) {
      lane->to_skip = length;
      lane->dropped++;
      at += LANE_HEADER;
      continue;
    }
    if (left - LANE_HEADER < length) break;
    if (length > 0) push(lane, lane->in + at + LANE_HEADER, length);
    at += LANE_HEADER + length;
  }
  memmove(lane->in, lane->in + at, lane->filled - at);
  lane->filled -= at;
}

/* False where QEMU has gone. No more than a turn's: one that floods keeps nobody else waiting. */
static bool take(struct lane *lane) {
  for (int i = 0; i < TURN; i++) {
    ssize_t got = recv(lane->from, lane->in + lane->filled, sizeof lane->in - lane->filled, MSG_DONTWAIT);
    if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
    lane->filled += (size_t)got;
    take_frames(lane);
  }
  return true;
}

/* False where QEMU has gone. */
static bool let_through(struct lane *lane, uint64_t now) {
  while (lane->queue.first != NULL && (lane->gone > 0 || bucket_ready(&lane->bucket, now))) {
    struct waiting *first = lane->queue.first;
    uint32_t header = htonl(first->length);
    size_t of_header = lane->gone < LANE_HEADER ? lane->gone : LANE_HEADER;
    size_t of_frame = lane->gone - of_header;
    struct iovec parts[2] = {{(uint8_t *)&header + of_header, LANE_HEADER - of_header},
                             {first->frame + of_frame, first->length - of_frame}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = sendmsg(lane->to, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
    lane->gone += (size_t)sent;
    if (lane->gone < LANE_HEADER + first->length) return true;
    bucket_take(&lane->bucket, first->length);
    lane->bytes += first->length;
    lane->gone = 0;
    queue_pop(&lane->queue);
  }
  return true;
}

void gate_serve(const struct network *network, struct gate *gate, uint64_t now) {
  join(network, gate, now);
  for (size_t i = 0; is_joined(gate) && i < LANES; i++) {
    if (!take(&gate->lanes[i]) || !let_through(&gate->lanes[i], now)) hang_up(gate);
  }
}

uint64_t gate_poll(struct gate *gate, struct pollfd *out, uint64_t now) {
  uint64_t wait = is_joined(gate) ? UINT64_MAX : RETRY_NS;
  for (size_t i = 0; i < LANES; i++) {
    struct lane *lane = &gate->lanes[i];
    out[LANE_SOCKETS * i] = (struct pollfd){.fd = lane->from, .events = POLLIN};
    out[LANE_SOCKETS * i + 1] = (struct pollfd){.fd = -1};
    if (lane->queue.first == NULL) continue;
    uint64_t rate_wait = lane->gone > 0 ? 0 : bucket_wait(&lane->bucket, now);
    if (rate_wait == 0)
      out[LANE_SOCKETS * i + 1] = (struct pollfd){.fd = lane->to, .events = POLLOUT};
    else if (rate_wait < wait)
      wait = rate_wait;
  }
  return wait;
}
