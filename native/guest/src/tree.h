#pragma once
#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "failure.h"

/* Archives what lies in a folder. */
struct tree {
  FILE *out;
  /* Only what is on this file system; 0: on any. */
  dev_t device;
  /* Overlay's marks of removals are written as those of an image's layer. */
  bool layer;
  /* Whether what lies at `path` (below the root of the walk) is left out; may be NULL. */
  bool (*skips)(const char *path);
  /* Files of more than one name that were written already. */
  struct tree_link *links;
  size_t link_count;
};

/* Archives what is at `path`, and below it, as `name`. */
int tree_put(struct tree *tree, const char *path, const char *name, struct failure *failure);
void tree_free(struct tree *tree);
