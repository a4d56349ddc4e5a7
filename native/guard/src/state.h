#pragma once
#include <stdint.h>

/*
 * What this and the engine tell each other of one VM: a file that both have open, numbers in the order of the machine's
 * bytes. engine/hypervisor/guard.ts knows its layout too.
 */
struct state {
  /* In which process this is; comes last of all that is written at the beginning. */
  volatile uint64_t pid;
  /* The engine's: bits a second each way through the NAT; 0: no bound. */
  volatile uint64_t bits;
  /* What its sockets carried, and datagrams that the rate lost. */
  volatile uint64_t sent, received, dropped;
};

/* Makes the file anew. NULL where it cannot be: then no engine takes this for a guard. */
struct state *state_make(const char *path);
