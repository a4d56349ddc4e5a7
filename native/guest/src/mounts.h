#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

struct sockets;

enum { MOUNTS_MAX = 64 };

/* One thing that a container gets mounted. */
struct mount {
  const char *target;
  /* 9p, disk, socket, tmpfs. */
  const char *kind;
  /* Of 9p its tag, of a disk its serial number. */
  const char *source;
  /* What of it is mounted, below its root; "" for all. */
  const char *inner;
  /* Words with commas between: ro, copy; of a socket its mode and owner; of a tmpfs its options. */
  const char *options;
};

/* In the order in which they are mounted: one may lie inside another. */
struct mounts {
  size_t count;
  struct mount all[MOUNTS_MAX];
  char *texts;
};

int mounts_read(struct mounts *mounts, const uint8_t *message, size_t length, struct failure *failure);
void mounts_free(struct mounts *mounts);

/* Makes the sources ready in the agent's own file system, and fills new volumes from the container's files. */
int mounts_prepare(const struct mounts *mounts, struct sockets *sockets, struct failure *failure);
/* The sources of the process's own mount namespace; others keep theirs. */
void mounts_let_go(const struct mounts *mounts);
/* Writes everything out, and lets go of it. */
void mounts_end(void);

/* Takes the sources, as descriptors, while they can be seen; mounts_place puts them into the root of the process. */
int mounts_open(const struct mounts *mounts, int trees[MOUNTS_MAX], struct failure *failure);
int mounts_place(const struct mounts *mounts, const int trees[MOUNTS_MAX], struct failure *failure);
/* The same for a container that does not run: into ROOT_FOLDER of the agent's own file system. */
int mounts_show(const struct mounts *mounts, struct failure *failure);
