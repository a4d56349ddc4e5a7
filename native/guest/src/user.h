#pragma once
#include <sys/types.h>

#include "failure.h"

enum { GROUPS_MAX = 256 };

struct identity {
  uid_t uid;
  gid_t gid;
  gid_t groups[GROUPS_MAX];
  size_t group_count;
  /* "" where the user has no entry. */
  char home[512];
};

/*
 * Who "USER[:GROUP]" is, names and ids as /etc/passwd and /etc/group below `root` say; an id needs no entry. An empty
 * text is root. The supplementary groups are those that list the user, and `more` (names or ids).
 * Fails with INVALID_ARGUMENT where a name is not known. As Docker: a given GROUP replaces the listed groups.
 */
int identity_find(const char *root, const char *text, char *const *more, struct identity *identity,
                  struct failure *failure);
