#pragma once
#include <stdbool.h>

#include "container.h"
#include "frame.h"
#include "link.h"
#include "process.h"
#include "sockets.h"

struct agent {
  struct link link;
  struct processes processes;
  struct container container;
  struct sockets sockets;
  bool identified;
  bool image_mounted;
  int signals;
};

/* Does what the host's message says, and answers it where it is one to be answered. */
void request_handle(struct agent *agent, const struct frame *message);
