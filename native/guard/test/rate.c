/*
 * Stands in for QEMU where it keeps to a rate: one thread sends and receives by sockets that do not wait, and polls in
 * between, as QEMU's user network does. Needs no network beyond the loopback, of which it names a port. Its arguments:
 * the guard's file, and how fast (bits a second). Prints what came through each way in a second and a half, in percent
 * of the rate, and how often it was woken; then the same of what the guard counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../src/state.h"

enum { TENTHS = 15 };

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* The other end, in a process of its own that no guard holds: takes what comes, and sends as much as goes. */
static int other_end(void) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof at;
  int listening = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listening, (void *)&at, sizeof at) < 0 || listen(listening, 1) < 0) fail("listen");
  getsockname(listening, (void *)&at, &length);
  if (fork() > 0) return ntohs(at.sin_port);
  static char data[1 << 16];
  int fd = accept(listening, NULL, NULL);
  for (double until = seconds() + 3; seconds() < until;) {
    struct pollfd both = {.fd = fd, .events = POLLIN | POLLOUT};
    if (syscall(SYS_poll, &both, 1, 100) < 0) break;
    if (both.revents & POLLIN && syscall(SYS_recvfrom, fd, data, sizeof data, MSG_DONTWAIT, NULL, NULL) == 0) break;
    if (both.revents & POLLOUT) (void)!syscall(SYS_sendto, fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
  }
  _exit(0);
}

int main(int argc, char **argv) {
  static char data[1 << 17];
  char path[256];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  double sent = 0, got = 0, bits = argc == 3 ? atof(argv[2]) : 0;
  int port = other_end(), woken = 0;
  FILE *ports = argc == 3 ? fopen(argv[1], "w") : NULL;
  if (ports == NULL || fprintf(ports, "%d\n", port) < 0 || fclose(ports) != 0) return fail("write");
  snprintf(path, sizeof path, "%s.state", argv[1]);
  int file = open(path, O_RDWR);
  struct state *state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (state == MAP_FAILED) fail("mmap");
  state->bits = (uint64_t)bits;
  to.sin_port = htons((uint16_t)port);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (void *)&to, sizeof to) < 0) fail("connect");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  double begun = seconds();
  while (seconds() < begun + TENTHS / 10.0) {
    struct pollfd both = {.fd = fd, .events = POLLIN | POLLOUT};
    const struct timespec most = {.tv_nsec = 100000000};
    if (ppoll(&both, 1, &most, NULL) < 0) fail("ppoll");
    woken++;
    ssize_t bytes = both.revents & POLLIN ? recv(fd, data, sizeof data, 0) : 0;
    if (bytes > 0) got += (double)bytes;
    bytes = both.revents & POLLOUT ? send(fd, data, sizeof data, 0) : 0;
    if (bytes > 0) sent += (double)bytes;
  }
  /* Of the time that it really took: on a busy machine it may be longer. */
  double part = bits / 8 * (seconds() - begun) / 100;
  printf("%.0f %.0f %d %.0f %.0f\n", sent / part, got / part, woken, (double)state->sent / part, (double)state->received / part);
  close(fd);
  wait(NULL);
  return 0;
}
