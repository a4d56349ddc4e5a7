#include "user.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

enum { FILE_MAX = 4 << 20, COLUMNS_MAX = 7 };

/* Splits at each colon; missing columns are empty. */
static void columns(char *line, char *out[COLUMNS_MAX]) {
  static char nothing[1] = "";
  for (int i = 0; i < COLUMNS_MAX; i++) {
    out[i] = line == NULL ? nothing : line;
    if (line != NULL && (line = strchr(line, ':')) != NULL) *line++ = 0;
  }
}

static bool number(const char *text, uint32_t *value) {
  char *end;
  if (*text < '0' || *text > '9') return false;
  unsigned long long parsed = strtoull(text, &end, 10);
  if (*end != 0 || parsed >= UINT32_MAX) return false;
  *value = (uint32_t)parsed;
  return true;
}

static char *read_below(const char *root, const char *path) {
  char name[512];
  snprintf(name, sizeof name, "%s%s", root, path);
  return read_file(name, FILE_MAX);
}

static void add_group(struct identity *identity, gid_t gid) {
  for (size_t i = 0; i < identity->group_count; i++) {
    if (identity->groups[i] == gid) return;
  }
  if (identity->group_count < GROUPS_MAX) identity->groups[identity->group_count++] = gid;
}

static bool lists(char *members, const char *user) {
  char *rest;
  for (char *name = strtok_r(members, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest)) {
    if (strcmp(name, user) == 0) return true;
  }
  return false;
}

static bool find_user(const char *root, const char *wanted, struct identity *identity, char *name, size_t room) {
  uint32_t id = 0;
  bool numeric = number(wanted, &id);
  SCOPED_FREE char *text = read_below(root, "/etc/passwd");
  char *rest = text;
  for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
    char *column[COLUMNS_MAX];
    uint32_t uid, gid;
    columns(line, column);
    if (!number(column[2], &uid) || !number(column[3], &gid)) continue;
    if (strcmp(column[0], wanted) != 0 && !(numeric && uid == id)) continue;
    identity->uid = uid;
    identity->gid = gid;
    snprintf(identity->home, sizeof identity->home, "%s", column[5]);
    snprintf(name, room, "%s", column[0]);
    return true;
  }
  identity->uid = id;
  identity->gid = 0;
  return numeric;
}

static bool find_group(const char *root, const char *wanted, gid_t *gid) {
  uint32_t id;
  SCOPED_FREE char *text = read_below(root, "/etc/group");
  char *rest = text;
  for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
    char *column[COLUMNS_MAX];
    columns(line, column);
    if (strcmp(column[0], wanted) != 0 || !number(column[2], &id)) continue;
    *gid = id;
    return true;
  }
  if (!number(wanted, &id)) return false;
  *gid = id;
  return true;
}

static void add_listed_groups(const char *root, const char *name, struct identity *identity) {
  if (*name == 0) return;
  SCOPED_FREE char *text = read_below(root, "/etc/group");
  char *rest = text;
  for (char *line; rest != NULL && (line = strsep(&rest, "\n")) != NULL;) {
    char *column[COLUMNS_MAX];
    uint32_t gid;
    columns(line, column);
    if (number(column[2], &gid) && lists(column[3], name)) add_group(identity, gid);
  }
}

int identity_find(const char *root, const char *text, char *const *more, struct identity *identity,
                  struct failure *failure) {
  char user[256];
  char name[256] = "";
  memset(identity, 0, sizeof *identity);
  snprintf(user, sizeof user, "%s", *text == 0 ? "0" : text);
  char *group = strchr(user, ':');
  if (group != NULL) *group++ = 0;
  if (!find_user(root, *user == 0 ? "0" : user, identity, name, sizeof name)) {
    return fail(failure, "INVALID_ARGUMENT",
                "unable to find user %s: no matching entries in passwd file; use an id or a user of the image", user);
  }
  if (group != NULL && *group != 0) {
    if (!find_group(root, group, &identity->gid)) {
      return fail(failure, "INVALID_ARGUMENT",
                  "unable to find group %s: no matching entries in group file; use an id or a group of the image", group);
    }
  } else {
    add_listed_groups(root, name, identity);
  }
  for (; more != NULL && *more != NULL; more++) {
    gid_t gid;
    if (!find_group(root, *more, &gid)) {
      return fail(failure, "INVALID_ARGUMENT",
                  "unable to find group %s: no matching entries in group file; use an id or a group of the image", *more);
    }
    add_group(identity, gid);
  }
  return 0;
}
