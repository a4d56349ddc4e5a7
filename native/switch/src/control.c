#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int control_open(struct control *control, const struct network *network) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/control", network->folder);
  *control = (struct control){.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (control->listening < 0 || (unlink(address.sun_path) < 0 && errno != ENOENT)) return -1;
  mode_t mask = umask(0177);
  int bound = bind(control->listening, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  return bound < 0 ? -1 : listen(control->listening, CONTROL_CLIENTS);
}

size_t control_poll(const struct control *control, struct pollfd *out) {
  out[0] = (struct pollfd){.fd = control->listening, .events = POLLIN};
  for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
    const struct client *client = control->clients[i];
    out[1 + i] = (struct pollfd){.fd = client == NULL ? -1 : client->fd, .events = POLLIN};
  }
  return 1 + CONTROL_CLIENTS;
}

static void take_client(struct control *control) {
  int fd = accept4(control->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  for (size_t i = 0; fd >= 0 && i < CONTROL_CLIENTS; i++) {
    if (control->clients[i] != NULL) continue;
    struct client *client = calloc(1, sizeof *client);
    if (client == NULL) break;
    client->fd = fd;
    control->clients[i] = client;
    return;
  }
  if (fd >= 0) close(fd);
}

static void drop_client(struct control *control, size_t at) {
  close(control->clients[at]->fd);
  free(control->clients[at]);
  control->clients[at] = NULL;
}

/* False where the client is to be dropped: it has gone, says too much in one line, or does not read its answers. */
static bool serve_client(struct control *control, struct network *network, struct client *client, uint64_t now) {
  static char answer[CONTROL_ANSWER];
  ssize_t got = recv(client->fd, client->line + client->length, sizeof client->line - client->length, MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  client->length += (size_t)got;
  char *end;
  while ((end = memchr(client->line, '\n', client->length)) != NULL) {
    *end = 0;
    control_line(control, network, client->line, answer, sizeof answer, now);
    size_t length = strlen(answer);
    if (send(client->fd, answer, length, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)length) return false;
    client->length -= (size_t)(end + 1 - client->line);
    memmove(client->line, end + 1, client->length);
  }
  return client->length < sizeof client->line;
}

void control_serve(struct control *control, struct network *network, const struct pollfd *polled, uint64_t now) {
  for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
    if (control->clients[i] != NULL && polled[1 + i].revents != 0 &&
        !serve_client(control, network, control->clients[i], now))
      drop_client(control, i);
  }
  if (polled[0].revents != 0) take_client(control);
}
