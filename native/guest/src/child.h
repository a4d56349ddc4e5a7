#pragma once
#include <sys/types.h>

#include "failure.h"
#include "spec.h"

/* How a process is born. */
struct birth {
  const struct spec *spec;
  /* The container's first process makes the namespaces; others join those of `container`, a pidfd. */
  bool first;
  int container;
  /* Its standard descriptors, or -1 where it gets a terminal. */
  int stdio[3];
  /* Tells the agent: a terminal's master, a failure, or by its end that the program runs. */
  int status;
};

/* Sends a failure, or a descriptor, to the agent over the status socket; and takes it there. */
void status_send_failure(int socket, const struct failure *failure);
int status_send_terminal(int socket, int master);
/* 1: a terminal in `*master`; 0: the program runs; -1: `*failure`. */
int status_receive(int socket, int *master, struct failure *failure);

/* In the new process: never returns. */
_Noreturn void child_run(const struct birth *birth);
