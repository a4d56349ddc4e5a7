#include "serve.h"

#include <errno.h>
#include <time.h>

#include "forward.h"
#include "port.h"

/* Frames of one member before it is the others' turn. */
enum { TURN = 16 };

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

static int wait_for_frames(struct network *network, const struct control *control, struct pollfd *fds) {
  uint64_t now = now_ns(), wait = UINT64_MAX;
  size_t count = control_poll(control, fds);
  for (size_t i = 0; i < MEMBERS_MAX; i++, count++) {
    struct member *member = network->members[i];
    fds[count] = (struct pollfd){.fd = member == NULL ? -1 : member->fd};
    if (member == NULL) continue;
    uint64_t own = port_wait(member, now);
    if (own < wait) wait = own;
    /* One that has sent too much is not read: its VM then holds its frames back, and none is lost. */
    if (port_may_receive(member, now)) fds[count].events |= POLLIN;
    if (port_wants_write(member, now)) fds[count].events |= POLLOUT;
    if (fds[count].events == 0) fds[count].fd = -1;
  }
  const struct timespec time = {.tv_sec = (time_t)(wait / SECOND_NS), .tv_nsec = (long)(wait % SECOND_NS)};
  return ppoll(fds, count, wait == UINT64_MAX ? NULL : &time, NULL);
}

static void take_turn(struct network *network, struct member *member) {
  static uint8_t frame[FRAME_LIMIT];
  for (int i = 0; i < TURN; i++) {
    uint64_t now = now_ns();
    size_t length = port_receive(member, frame, sizeof frame, now);
    if (length == 0) return;
    forward(network, member, frame, length, now);
  }
}

int serve(struct network *network, struct control *control) {
  static struct pollfd fds[1 + CONTROL_CLIENTS + MEMBERS_MAX];
  while (!control->ended) {
    if (wait_for_frames(network, control, fds) < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    const struct pollfd *ports = fds + 1 + CONTROL_CLIENTS;
    for (size_t i = 0; i < MEMBERS_MAX; i++) {
      if (network->members[i] != NULL && (ports[i].revents & POLLIN) != 0) take_turn(network, network->members[i]);
    }
    uint64_t now = now_ns();
    for (size_t i = 0; i < MEMBERS_MAX; i++) {
      if (network->members[i] != NULL) port_flush(network, network->members[i], now);
    }
    control_serve(control, network, fds, now);
  }
  return 0;
}
