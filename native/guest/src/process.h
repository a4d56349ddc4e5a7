#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "failure.h"
#include "frame.h"
#include "link.h"
#include "spec.h"

enum { PROCESSES_MAX = 128, FIRST_CHANNEL = 1 };
/* Of credit: it is not counted. */
#define CREDIT_UNLIMITED UINT32_MAX
enum stream { STREAM_IN = 0, STREAM_OUT = 1, STREAM_ERR = 2 };

struct process {
  uint32_t channel;
  pid_t pid;
  /* The container's first process: its output goes to the log. */
  bool first;
  /* The agent's own doing, no program of the image. */
  bool tool;
  bool exited;
  int code;
  /* in, out, err; of a terminal in and out are its master, twice. -1: closed. */
  int fds[3];
  /* What may still be passed on of out and err: to the host, or of the first process to the log. */
  uint32_t credit[3];
  uint8_t *input;
  size_t input_length;
  bool input_ends;
};

struct processes {
  struct process *all[PROCESSES_MAX];
  size_t count;
  /* Of the container: its pid namespace is where all others are started. */
  int container;
  int own_namespace;
  int log;
  uint64_t capabilities;
  /* Bytes that the first process may print while no host is there, to keep the log within bounds; 0: any number. */
  uint64_t log_limit;
  struct link *link;
};

/* The standard streams of a process that is to be made. */
struct birth_pipes {
  /* [0] is the child's, [1] the agent's. */
  int ends[3][2];
};

int process_pipes(struct birth_pipes *pipes, bool open_stdin, struct failure *failure);
/* The child's ends; on failure the agent's too. */
void process_close_pipes(struct birth_pipes *pipes, bool failed);
/* Takes a child into the list, and the agent's ends with it. */
struct process *process_add(struct processes *processes, uint32_t channel, pid_t pid, const struct birth_pipes *pipes,
                            struct failure *failure);

/* Starts one and waits until its program runs. */
int process_start(struct processes *processes, uint32_t channel, const struct spec *spec, struct failure *failure);
struct process *process_find(struct processes *processes, uint32_t channel);
void process_remove(struct processes *processes, struct process *process);

/* Takes input for it, bounded by its window; `end` closes its standard input after it. */
void process_input(struct processes *processes, struct process *process, const void *data, size_t length, bool end);
void process_resize(struct process *process, uint16_t columns, uint16_t rows);

/* Adds what is to be waited for; answers the number. */
size_t process_poll(const struct process *process, struct pollfd *out);
/* Reads and writes what can be without waiting. */
void process_serve(struct processes *processes, struct process *process);
/* No more output will come. */
bool process_done(const struct process *process);
