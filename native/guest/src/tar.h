#pragma once
#include <stdint.h>
#include <stdio.h>

#include "failure.h"

/* Archives as tar writes them: POSIX pax out; ustar, pax, GNU and the old format in. */

enum { TAR_XATTRS_MAX = 32 };

struct tar_xattr {
  char *name;
  void *value;
  size_t length;
};

struct tar_entry {
  /* As in the header: '0' file, '1' hard link, '2' symbolic link, '3' and '4' devices, '5' folder, '6' pipe. */
  char type;
  char *path;
  char *link;
  unsigned mode;
  uint64_t uid, gid, size;
  /* Seconds since 1970. */
  int64_t mtime;
  unsigned major, minor;
  struct tar_xattr xattrs[TAR_XATTRS_MAX];
  size_t xattr_count;
};

/* Writes the header; `size` bytes and tar_pad are to follow. -1 with errno. */
int tar_put(FILE *out, const struct tar_entry *entry);
int tar_pad(FILE *out, uint64_t size);
int tar_end(FILE *out);

/* 1: an entry, whose `size` bytes and padding are to be read next; 0: the end; -1: `*failure`. Frees what it held. */
int tar_next(FILE *in, struct tar_entry *entry, struct failure *failure);
void tar_clear(struct tar_entry *entry);
