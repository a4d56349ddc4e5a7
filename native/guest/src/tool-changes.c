#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "file.h"
#include "hold.h"
#include "overlay.h"
#include "paths.h"
#include "tar.h"
#include "tool.h"
#include "tree.h"

/* Only what changed from then on is told of. */
static struct timespec since;

/* The agent's own doing, for its mounts: no change of the container's. `path` is below the root, without a slash. */
static bool ours(const char *path) {
  static const char *const places[] = {"proc",      "sys", "dev", "etc/hosts", "etc/resolv.conf", "etc/hostname",
                                       "etc/machine-id"};
  char lower[PATH_MAX + 16];
  struct stat status;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (strcmp(path, places[i]) != 0) continue;
    snprintf(lower, sizeof lower, IMAGE_FOLDER "/%s", path);
    return lstat(lower, &status) < 0;
  }
  return false;
}

static bool same_looks(const struct stat *a, const struct stat *b) {
  return a->st_mode == b->st_mode && a->st_uid == b->st_uid && a->st_gid == b->st_gid;
}

static bool recent(const struct stat *status) {
  if (status->st_ctim.tv_sec != since.tv_sec) return status->st_ctim.tv_sec > since.tv_sec;
  return status->st_ctim.tv_nsec >= since.tv_nsec;
}

static void tell(FILE *out, char kind, const char *path) { fprintf(out, "%c/%s%c", kind, path, 0); }

static int walk(FILE *out, const char *path, struct failure *failure);

/* A folder that is only there for what changed in it is told of where something did. */
static int told_folder(FILE *out, const char *path, const struct stat *upper, const struct stat *lower,
                       struct failure *failure) {
  char *text = NULL;
  size_t length = 0;
  FILE *inner = open_memstream(&text, &length);
  int result = inner == NULL ? fail_errno(failure, "GUEST_ERROR", "cannot list the changes") : walk(inner, path, failure);
  if (inner != NULL) fclose(inner);
  if (result == 0 && (length > 0 || (recent(upper) && (lower == NULL || !same_looks(upper, lower))))) {
    tell(out, lower == NULL ? 'A' : 'C', path);
    fwrite(text, 1, length, out);
  }
  free(text);
  return result;
}

static int told(FILE *out, const char *path, struct failure *failure) {
  char upper_path[PATH_MAX + 16], lower_path[PATH_MAX + 16];
  struct stat upper, lower;
  snprintf(upper_path, sizeof upper_path, UPPER_FOLDER "/%s", path);
  snprintf(lower_path, sizeof lower_path, IMAGE_FOLDER "/%s", path);
  if (lstat(upper_path, &upper) < 0) return 0;
  bool was = lstat(lower_path, &lower) == 0;
  if (overlay_is_whiteout(&upper)) {
    if (was) tell(out, 'D', path);
  } else if (S_ISDIR(upper.st_mode)) {
    return told_folder(out, path, &upper, was ? &lower : NULL, failure);
  } else if (!ours(path) && recent(&upper)) {
    tell(out, was ? 'C' : 'A', path);
  }
  return 0;
}

static int walk(FILE *out, const char *path, struct failure *failure) {
  char folder[PATH_MAX + 16], inner[PATH_MAX];
  struct dirent **entries;
  if (ours(path)) return 0;
  snprintf(folder, sizeof folder, UPPER_FOLDER "/%s", path);
  int count = scandir(folder, &entries, NULL, alphasort);
  if (count < 0) return fail_errno(failure, "GUEST_ERROR", "cannot list the changes below /%s", path);
  int result = 0;
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    bool fits = snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "/" : "", name) < (int)sizeof inner;
    if (result == 0 && fits && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) result = told(out, inner, failure);
    free(entries[i]);
  }
  free(entries);
  return result;
}

int tool_changes(char **arguments, struct failure *failure) {
  if (arguments[0] != NULL && strncmp(arguments[0], "since=", strlen("since=")) == 0) {
    uint64_t time = strtoull(arguments[0] + strlen("since="), NULL, 10);
    since = (struct timespec){.tv_sec = (time_t)(time / 1000000000u), .tv_nsec = (long)(time % 1000000000u)};
  }
  return walk(stdout, "", failure);
}

int tool_layer(char **arguments, struct failure *failure) {
  bool running = arguments[0] != NULL && strcmp(arguments[0], "running") == 0;
  struct tree tree = {.out = stdout, .layer = true, .skips = ours};
  /* Files that are written to while they are read would come out torn. */
  if (!running) (void)hold_processes();
  int result = tree_put(&tree, UPPER_FOLDER, "", failure);
  if (result == 0 && tar_end(stdout) < 0) result = fail_errno(failure, "GUEST_ERROR", "cannot write the layer");
  tree_free(&tree);
  return result;
}
