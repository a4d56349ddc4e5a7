#include "nat.h"

#include <time.h>

#include "sockets.h"

static struct state *shared;
static struct meter meter;

void nat_open(struct state *state) { shared = state; }

static uint64_t now(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * SECOND_NS + (uint64_t)time.tv_nsec;
}

/* Answers the time; 0 where nothing is bounded. */
static uint64_t heed_rate(void) {
  uint64_t bits = shared == NULL ? 0 : shared->bits;
  if (bits == 0 && meter.ways[OUT].rate == 0) return 0;
  uint64_t time = now();
  meter_set(&meter, bits, time);
  return bits == 0 ? 0 : time;
}

size_t nat_room(int fd, enum way way, size_t size) {
  enum kind kind = socket_kind(fd);
  uint64_t time = kind == OTHER ? 0 : heed_rate();
  if (time == 0) return size;
  if (kind == STREAM) return meter_stream(&meter, way, size, time);
  /* What has come waits in the kernel until it is polled for. */
  if (way == IN || meter_datagram(&meter, way, time)) return size;
  shared->dropped++;
  return 0;
}

void nat_passed(int fd, enum way way, ssize_t bytes) {
  if (bytes <= 0 || shared == NULL || socket_kind(fd) == OTHER) return;
  if (way == OUT)
    shared->sent += (uint64_t)bytes;
  else
    shared->received += (uint64_t)bytes;
  meter_passed(&meter, way, (size_t)bytes);
}

bool nat_mask(struct pollfd *fds, size_t count, uint64_t *wait) {
  static const short events[WAYS] = {[OUT] = POLLOUT, [IN] = POLLIN};
  uint64_t waits[WAYS], time = 0;
  bool any = false;
  *wait = UINT64_MAX;
  for (size_t i = 0; i < count; i++) {
    enum kind kind = socket_known(fds[i].fd);
    if (kind != STREAM && kind != DATAGRAM) continue;
    /* Only the thread that has such sockets comes here: the rate is its own. */
    if (time == 0) {
      time = heed_rate();
      if (time == 0) return false;
      for (size_t way = 0; way < WAYS; way++) waits[way] = meter_wait(&meter, way, time);
    }
    for (size_t way = 0; way < WAYS; way++) {
      if (waits[way] == 0 || (fds[i].events & events[way]) == 0) continue;
      fds[i].events &= (short)~events[way];
      if (waits[way] < *wait) *wait = waits[way];
      any = true;
      /* One that the other end has left would wake it whatever is asked. */
      if ((fds[i].events & (POLLIN | POLLOUT)) == 0) fds[i].fd = -1;
    }
  }
  return any;
}
