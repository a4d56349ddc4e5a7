#pragma once
#include <poll.h>

#include "network.h"

/*
 * What the engine tells the switch, a line each, and gets answered before the next: see docs/architecture.md.
 * Any number of times: a line that is told again changes nothing.
 */
enum { CONTROL_CLIENTS = 8, CONTROL_LINE = 16384, CONTROL_ANSWER = 65536 };

struct client {
  int fd;
  size_t length;
  char line[CONTROL_LINE];
};

struct control {
  int listening;
  bool ended;
  struct client *clients[CONTROL_CLIENTS];
};

/* -1 with errno. */
int control_open(struct control *control, const struct network *network);
/* Fills in what to poll; answers how many. */
size_t control_poll(const struct control *control, struct pollfd *out);
void control_serve(struct control *control, struct network *network, const struct pollfd *polled, uint64_t now);

/* Answers one line; the answer ends in a line break, its last line begins with ok or error. */
void control_line(struct control *control, struct network *network, char *line, char *answer, size_t room, uint64_t now);
