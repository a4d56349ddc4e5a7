/*
 * Stands in for QEMU where the library itself is tried: real sockets of the loopback, to which it connects and sends.
 * Prints what was reached, a word each. With a file of ports as its argument the first of its listeners' ports is named.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what) {
  perror(what);
  exit(1);
}

static int bound(int type, const char *address, struct sockaddr_in *at) {
  socklen_t length = sizeof *at;
  int fd = socket(AF_INET, type, 0);
  *at = (struct sockaddr_in){.sin_family = AF_INET};
  inet_pton(AF_INET, address, &at->sin_addr);
  if (fd < 0 || bind(fd, (void *)at, sizeof *at) < 0) fail("bind");
  if (type == SOCK_STREAM && listen(fd, 8) < 0) fail("listen");
  getsockname(fd, (void *)at, &length);
  return fd;
}

static bool connects(const struct sockaddr_in *to) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int result = connect(fd, (const void *)to, sizeof *to);
  if (result < 0 && errno != ECONNREFUSED && errno != EHOSTUNREACH) fail("connect");
  close(fd);
  return result == 0;
}

static bool sends(int fd, const struct sockaddr_in *to) {
  struct iovec data = {"x", 1};
  struct mmsghdr many = {.msg_hdr = {.msg_name = (void *)to, .msg_namelen = sizeof *to, .msg_iov = &data, .msg_iovlen = 1}};
  bool one = sendto(fd, "x", 1, 0, (const void *)to, sizeof *to) == 1;
  bool two = sendmsg(fd, &many.msg_hdr, 0) == 1;
  bool three = sendmmsg(fd, &many, 1, 0) == 1;
  if (one != two || two != three) fail("the ways of sending differ");
  return one;
}

static bool speaks_locally(void) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "ramet-guard-%d", (int)getpid());
  int listening = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
  return bind(listening, (void *)&at, sizeof at) == 0 && listen(listening, 1) == 0 &&
         connect(fd, (void *)&at, sizeof at) == 0;
}

int main(int argc, char **argv) {
  struct sockaddr_in named, other, service, client, from;
  socklen_t length = sizeof from;
  char byte;
  bound(SOCK_STREAM, "127.0.0.1", &named);
  bound(SOCK_STREAM, "127.0.0.1", &other);
  int published = bound(SOCK_DGRAM, "127.0.0.1", &service), own = socket(AF_INET, SOCK_DGRAM, 0);
  (void)bound(SOCK_DGRAM, "127.0.0.1", &client);
  if (argc > 1) {
    FILE *file = fopen(argv[1], "w");
    if (file == NULL || fprintf(file, "%d\n", ntohs(named.sin_port)) < 0 || fclose(file) != 0) fail("write");
  }
  if (connects(&named)) printf("named ");
  if (connects(&other)) printf("other ");
  other.sin_addr.s_addr = 0;
  if (connects(&other)) printf("none ");
  if (sends(own, &client)) printf("unasked ");
  /* What asks is the workstation itself, so not through this library. */
  if (fork() == 0) {
    unsetenv("LD_PRELOAD");
    char port[8], script[80];
    snprintf(port, sizeof port, "%d", ntohs(service.sin_port));
    snprintf(script, sizeof script, "echo -n who >/dev/udp/127.0.0.1/%s", port);
    close(1);
    execlp("bash", "bash", "-c", script, NULL);
    _exit(1);
  }
  if (recvfrom(published, &byte, 1, 0, (void *)&from, &length) != 1) fail("recvfrom");
  if (sends(published, &from)) printf("answer ");
  if (sends(own, &from)) printf("another's-answer ");
  if (speaks_locally()) printf("unix ");
  printf("\n");
  return 0;
}
