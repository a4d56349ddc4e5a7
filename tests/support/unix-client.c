/*
 * unix-client PATH [TIMES]: connects to a unix socket, sends its input, ends that direction, and prints what comes back.
 * With 0 it says hello and holds on until the other side has ended.
 * With TIMES it does so in so many processes at once, each with a text of its own for input, and checks the answer to be
 * the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int dial(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    perror(path);
    exit(1);
  }
  return fd;
}

static void pass(int from, int to) {
  char data[65536];
  for (ssize_t got; (got = read(from, data, sizeof data)) > 0;) {
    for (ssize_t at = 0, put; at < got; at += put) {
      if ((put = write(to, data + at, (size_t)(got - at))) < 0) exit(2);
    }
  }
}

static int echo(const char *path, int number) {
  enum { ROUNDS = 200 };
  int fd = dial(path);
  for (int round = 0; round < ROUNDS; round++) {
    char sent[64], got[64];
    int length = snprintf(sent, sizeof sent, "%d says %d\n", number, round);
    if (write(fd, sent, (size_t)length) != length) return 2;
    for (int at = 0; at < length;) {
      ssize_t more = read(fd, got + at, (size_t)(length - at));
      if (more <= 0) return 3;
      at += (int)more;
    }
    if (memcmp(sent, got, (size_t)length) != 0) return 4;
  }
  shutdown(fd, SHUT_WR);
  char rest;
  return read(fd, &rest, 1) == 0 ? 0 : 5;
}

int main(int argc, char **argv) {
  if (argc == 3 && atoi(argv[2]) > 0) {
    int times = atoi(argv[2]), status, failed = 0;
    for (int i = 0; i < times; i++) {
      if (fork() == 0) _exit(echo(argv[1], i));
    }
    while (wait(&status) > 0) failed += status != 0;
    printf("%d of %d failed\n", failed, times);
    return failed != 0;
  }
  int fd = dial(argv[1]);
  if (argc == 3) {
    if (write(fd, "hello\n", 6) == 6) pass(fd, 1);
    return 0;
  }
  if (fork() == 0) {
    pass(0, fd);
    shutdown(fd, SHUT_WR);
    _exit(0);
  }
  pass(fd, 1);
  return 0;
}
