#include "resolver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "file.h"

enum { PENDING = 64, STREAMS_MAX = 16, INSIDE_MS = 1000, OUTSIDE_MS = 4000 };

/* A question that was passed on. */
struct pending {
  struct sockaddr_in client;
  uint8_t message[RESOLVER_MESSAGE];
  int length, server;
  uint16_t id, passed_id;
  int64_t deadline;
};

static struct resolver resolver;
static struct pending pending[PENDING];

static int64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int resolver_settles(const struct resolver *all, int server, const unsigned char *answer) {
  int result = answer[3] & 15;
  if (server < all->inside) return result != DNS_REFUSED;
  return server + 1 == all->count || (result != DNS_SERVER_FAILURE && result != DNS_REFUSED);
}

int resolver_give_up(const struct resolver *all, unsigned char *message, int length) {
  /* Where there is no outside, what no network knows does not exist. */
  int result = all->inside == all->count ? DNS_NO_SUCH_NAME : DNS_SERVER_FAILURE;
  message[2] = (unsigned char)(0x80 | (message[2] & 1));
  message[3] = (unsigned char)(0x80 | result);
  memset(message + 6, 0, 6);
  /* Of the question only what it asks: no further records are announced. */
  int at = DNS_HEADER;
  while (at < length && message[at] != 0) at += message[at] + 1;
  return at + 5 < length ? at + 5 : length;
}

static void answer(int fd, struct pending *question, uint8_t *message, int length) {
  memcpy(message, &question->id, 2);
  (void)sendto(fd, message, (size_t)length, 0, (struct sockaddr *)&question->client, sizeof question->client);
  question->deadline = 0;
}

static void ask(int fd, struct pending *question, int server) {
  for (question->server = server; question->server < resolver.count; question->server++) {
    (void)!getrandom(&question->passed_id, 2, 0);
    memcpy(question->message, &question->passed_id, 2);
    question->deadline = now_ms() + (question->server < resolver.inside ? INSIDE_MS : OUTSIDE_MS);
    /* One that cannot be reached at all is not waited for. */
    if (send(resolver.servers[question->server], question->message, (size_t)question->length, MSG_DONTWAIT) >= 0) return;
  }
  int length = resolver_give_up(&resolver, question->message, question->length);
  answer(fd, question, question->message, length);
}

static void take_question(int fd) {
  struct pending *oldest = &pending[0];
  for (int i = 0; i < PENDING; i++) {
    if (pending[i].deadline < oldest->deadline) oldest = &pending[i];
  }
  socklen_t size = sizeof oldest->client;
  ssize_t got = recvfrom(fd, oldest->message, sizeof oldest->message, MSG_DONTWAIT, (struct sockaddr *)&oldest->client, &size);
  oldest->deadline = 0;
  if (got <= DNS_HEADER || (oldest->message[2] & 0x80) != 0) return;
  oldest->length = (int)got;
  memcpy(&oldest->id, oldest->message, 2);
  ask(fd, oldest, 0);
}

static void take_answer(int fd, int server) {
  uint8_t message[RESOLVER_MESSAGE];
  ssize_t got = recv(resolver.servers[server], message, sizeof message, MSG_DONTWAIT);
  for (int i = 0; got >= DNS_HEADER && i < PENDING; i++) {
    struct pending *question = &pending[i];
    if (question->deadline == 0 || question->server != server || memcmp(message, &question->passed_id, 2) != 0) continue;
    if (resolver_settles(&resolver, server, message))
      answer(fd, question, message, (int)got);
    else
      ask(fd, question, server + 1);
    return;
  }
}

/* Answers how long to wait for the next one, in milliseconds. */
static int take_late_ones(int fd) {
  int64_t now = now_ms(), next = -1;
  for (int i = 0; i < PENDING; i++) {
    if (pending[i].deadline == 0) continue;
    if (pending[i].deadline <= now) ask(fd, &pending[i], pending[i].server + 1);
    if (pending[i].deadline != 0 && (next < 0 || pending[i].deadline < next)) next = pending[i].deadline;
  }
  return next < 0 ? -1 : next <= now ? 1 : (int)(next - now);
}

static int take_stream(int listener, int streams) {
  int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  pid_t pid = client < 0 || streams >= STREAMS_MAX ? -1 : fork();
  if (pid == 0) resolver_serve_stream(&resolver, client);
  if (client >= 0) close(client);
  return pid > 0;
}

static _Noreturn void run(int datagrams, int listener) {
  int streams = 0;
  for (;;) {
    struct pollfd fds[2 + RESOLVER_SERVERS];
    fds[0] = (struct pollfd){.fd = datagrams, .events = POLLIN};
    fds[1] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (int i = 0; i < resolver.count; i++) fds[2 + i] = (struct pollfd){.fd = resolver.servers[i], .events = POLLIN};
    int wait = take_late_ones(datagrams);
    if (poll(fds, (nfds_t)(2 + resolver.count), wait) < 0 && errno != EINTR) _exit(1);
    while (streams > 0 && waitpid(-1, NULL, WNOHANG) > 0) streams--;
    for (int i = 0; i < resolver.count; i++) {
      if (fds[2 + i].revents != 0) take_answer(datagrams, i);
    }
    if (fds[0].revents != 0) take_question(datagrams);
    if (fds[1].revents != 0) streams += take_stream(listener, streams);
  }
}

static int listen_on(int type) {
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x7f00000b)};
  const int yes = 1;
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && (type == SOCK_DGRAM || listen(fd, 16) == 0))
    return fd;
  close(fd);
  return -1;
}

int resolver_connect(const char *server, int type) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(53)};
  struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
  bool is_four = inet_pton(AF_INET, server, &four.sin_addr) == 1;
  if (!is_four && inet_pton(AF_INET6, server, &six.sin6_addr) != 1) return -1;
  int fd = socket(is_four ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
  const struct sockaddr *address = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
  if (fd < 0 || connect(fd, address, is_four ? sizeof four : sizeof six) == 0) return fd;
  close(fd);
  return -1;
}

static void add_servers(char **servers) {
  for (; *servers != NULL && resolver.count < RESOLVER_SERVERS; servers++) {
    int fd = resolver_connect(*servers, SOCK_DGRAM);
    /* One that there is no way to cannot be asked. */
    if (fd < 0) continue;
    resolver.names[resolver.count] = *servers;
    resolver.servers[resolver.count++] = fd;
  }
}

static _Noreturn void become_child(int datagrams, int listener, char **servers, char **outside) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  /* The agent's link and log are not for this one. */
  for (int fd = 3; fd < 256; fd++) {
    if (fd != datagrams && fd != listener) close(fd);
  }
  add_servers(servers);
  resolver.inside = resolver.count;
  add_servers(outside);
  run(datagrams, listener);
}

int resolver_start(char **servers, char **outside, struct failure *failure) {
  static int datagrams = -1, listener = -1;
  static pid_t child;
  if (datagrams < 0) datagrams = listen_on(SOCK_DGRAM);
  if (listener < 0) listener = listen_on(SOCK_STREAM);
  if (datagrams < 0 || listener < 0) return fail_errno(failure, "GUEST_ERROR", "cannot listen for names on 127.0.0.11");
  /* The agent reaps it as it reaps everything. */
  if (child > 0) kill(child, SIGKILL);
  child = fork();
  if (child == 0) become_child(datagrams, listener, servers, outside);
  return child < 0 ? fail_errno(failure, "GUEST_ERROR", "cannot start the container's name resolution") : 0;
}
