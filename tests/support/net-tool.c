/*
 * What tests do in guests that no tool of busybox does. Usage:
 *   net-tool send IF HEX [TIMES]         a frame, as it is
 *   net-tool listen IF TEXT END          how many frames came that held TEXT, whoever they were for, until one held END
 *   net-tool echo PORT                   answers datagrams with themselves
 *   net-tool ask HOST PORT TEXT          sends a datagram, prints the answer, fails without one
 *   net-tool scan HOST MILLISECONDS      a datagram and a connection to every port, some hundred at once, for so long
 *                                        at most; prints how many connections stood
 *   net-tool sink PORT                   takes connections, for ever, and tells each in the end how much came
 *   net-tool blast HOST PORT SECONDS [BYTES]   sends as much as goes to a sink, or so many bytes a second; prints these
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  return 1;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int packet_socket(const char *interface) {
  struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(3), .sll_ifindex = (int)if_nametoindex(interface)};
  int fd = socket(AF_PACKET, SOCK_RAW, htons(3));
  return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ? -1 : fd;
}

static int send_frame(char **argv, int times) {
  unsigned char frame[2048];
  size_t length = strlen(argv[3]) / 2;
  int fd = packet_socket(argv[2]);
  if (fd < 0) return fail("socket");
  for (size_t i = 0; i < length && i < sizeof frame; i++) sscanf(argv[3] + 2 * i, "%2hhx", frame + i);
  for (int i = 0; i < times; i++) {
    if (send(fd, frame, length, 0) < 0) return fail("send");
  }
  return 0;
}

static int listen_for(char **argv) {
  static unsigned char frame[1 << 17];
  struct sockaddr_ll from;
  int fd = packet_socket(argv[2]), count = 0;
  struct packet_mreq all = {.mr_ifindex = (int)if_nametoindex(argv[2]), .mr_type = PACKET_MR_PROMISC};
  double late = now() + 120;
  if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof all) < 0) return fail("socket");
  while (now() < late) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, 100) != 1) continue;
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(fd, frame, sizeof frame, 0, (struct sockaddr *)&from, &size);
    if (got <= 0 || from.sll_pkttype == PACKET_OUTGOING) continue;
    if (memmem(frame, (size_t)got, argv[3], strlen(argv[3])) != NULL) count++;
    if (memmem(frame, (size_t)got, argv[4], strlen(argv[4])) == NULL) continue;
    printf("%d\n", count);
    return 0;
  }
  errno = ETIMEDOUT;
  return fail("listen");
}

static int open_port(int type, const char *port) {
  struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)atoi(port))};
  const int yes = 1;
  int fd = socket(AF_INET6, type, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ? -1 : fd;
}

static int connected(int type, char **argv) {
  struct addrinfo hints = {.ai_socktype = type}, *found;
  if (getaddrinfo(argv[2], argv[3], &hints, &found) != 0) return -1;
  int fd = socket(found->ai_family, type, 0);
  return fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0 ? -1 : fd;
}

static int echo(char **argv) {
  static char data[1 << 16];
  struct sockaddr_in6 from;
  int fd = open_port(SOCK_DGRAM, argv[2]);
  if (fd < 0) return fail("bind");
  for (;;) {
    socklen_t size = sizeof from;
    ssize_t got = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);
    if (got >= 0) (void)!sendto(fd, data, (size_t)got, 0, (struct sockaddr *)&from, size);
  }
}

static int ask(char **argv) {
  char data[2048];
  int fd = connected(SOCK_DGRAM, argv);
  if (fd < 0 || send(fd, argv[4], strlen(argv[4]), 0) < 0) return fail("send");
  struct pollfd ready = {.fd = fd, .events = POLLIN};
  if (poll(&ready, 1, 3000) != 1) return 1;
  ssize_t got = recv(fd, data, sizeof data, 0);
  if (got < 0) return fail("recv");
  printf("%.*s\n", (int)got, data);
  return 0;
}

/* Waits for connections that are under way, and counts those that stand. Closes all. */
static int standing(struct pollfd *each, int count, int milliseconds) {
  int left = count, open = 0;
  for (double end = now() + milliseconds / 1e3; left > 0 && now() < end;) {
    if (poll(each, (nfds_t)count, milliseconds) <= 0) continue;
    for (int i = 0; i < count; i++) {
      if (each[i].fd < 0 || each[i].revents == 0) continue;
      if ((each[i].revents & (POLLERR | POLLHUP)) == 0) open++;
      close(each[i].fd);
      each[i].fd = -1;
      left--;
    }
  }
  for (int i = 0; i < count; i++) if (each[i].fd >= 0) close(each[i].fd);
  return open;
}

static int scan(char **argv) {
  enum { AT_ONCE = 900 };
  static struct pollfd each[AT_ONCE];
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo(argv[2], NULL, &hints, &found) != 0) return fail("getaddrinfo");
  struct sockaddr_in to = *(struct sockaddr_in *)found->ai_addr;
  int udp = socket(AF_INET, SOCK_DGRAM, 0), open = 0, count = 0;
  for (int port = 1; port <= 65535; port++) {
    to.sin_port = htons((unsigned short)port);
    (void)sendto(udp, "scan", 4, 0, (struct sockaddr *)&to, sizeof to);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0) return fail("socket");
    (void)connect(fd, (struct sockaddr *)&to, sizeof to);
    each[count++] = (struct pollfd){.fd = fd, .events = POLLOUT};
    if (count < AT_ONCE && port < 65535) continue;
    open += standing(each, count, atoi(argv[3]));
    count = 0;
  }
  printf("%d\n", open);
  return 0;
}

static int sink(char **argv) {
  static char data[1 << 18];
  int listener = open_port(SOCK_STREAM, argv[2]);
  if (listener < 0 || listen(listener, 16) < 0) return fail("listen");
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0 && fork() == 0) {
      unsigned long long bytes = 0;
      ssize_t got;
      while ((got = read(fd, data, sizeof data)) > 0) bytes += (unsigned long long)got;
      (void)!write(fd, &bytes, sizeof bytes);
      _exit(0);
    }
    close(fd);
  }
}

/* Of what the sink got, up to when it says so: what still waits somewhere on the way counts neither way. */
static int blast(char **argv, unsigned pace) {
  static char data[1 << 18];
  unsigned long long bytes = 0;
  int fd = connected(SOCK_STREAM, argv);
  if (fd < 0) return fail("connect");
  if (pace && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &pace, sizeof pace)) return fail("setsockopt");
  double begin = now(), end = begin + atof(argv[4]);
  while (now() < end) {
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, 100) == 1 && send(fd, data, sizeof data, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN)
      return fail("send");
  }
  shutdown(fd, SHUT_WR);
  if (read(fd, &bytes, sizeof bytes) != sizeof bytes) return fail("read");
  printf("%.0f\n", (double)bytes / (now() - begin));
  return 0;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "send") == 0 && argc >= 4) return send_frame(argv, argc > 4 ? atoi(argv[4]) : 1);
  if (strcmp(what, "listen") == 0 && argc == 5) return listen_for(argv);
  if (strcmp(what, "echo") == 0 && argc == 3) return echo(argv);
  if (strcmp(what, "ask") == 0 && argc == 5) return ask(argv);
  if (strcmp(what, "scan") == 0 && argc == 4) return scan(argv);
  if (strcmp(what, "sink") == 0 && argc == 3) return sink(argv);
  if (strcmp(what, "blast") == 0 && argc >= 5) return blast(argv, argc > 5 ? (unsigned)atoi(argv[5]) : 0);
  fputs("net-tool: see its source\n", stderr);
  return 2;
}
