#include "program.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* ENOENT for a file that is there means its interpreter is not. */
static void execute_file(const char *path, char *const *argv) {
  struct stat status;
  execve(path, argv, environ);
  if (errno == ENOENT && stat(path, &status) == 0) errno = ENOEXEC;
}

static void explain(const char *name, const char *found, struct failure *failure) {
  if (found == NULL && strchr(name, '/') == NULL)
    fail(failure, "COMMAND_NOT_FOUND", "exec: \"%s\": executable file not found in $PATH", name);
  else if (errno == ENOENT || errno == ENOTDIR)
    fail(failure, "COMMAND_NOT_FOUND", "exec: \"%s\": no such file or directory", name);
  else if (errno == ENOEXEC)
    fail(failure, "COMMAND_NOT_EXECUTABLE", "exec: \"%s\": not a program of this machine, or its interpreter is missing",
         name);
  else if (errno == EACCES)
    /* As Go spells it: docker looks for these very words, and exits with 126. */
    fail(failure, "COMMAND_NOT_EXECUTABLE", "exec: \"%s\": permission denied", name);
  else
    fail_errno(failure, "COMMAND_NOT_EXECUTABLE", "exec: \"%s\"", name);
}

void program_execute(char *const *argv, struct failure *failure) {
  const char *name = argv[0];
  if (strchr(name, '/') != NULL) {
    execute_file(name, argv);
    explain(name, name, failure);
    return;
  }
  static char tried[PATH_MAX];
  const char *found = NULL;
  int reason = ENOENT;
  const char *path = getenv("PATH");
  while (path != NULL && *name != 0) {
    size_t length = strcspn(path, ":");
    snprintf(tried, sizeof tried, "%.*s/%s", (int)length, length == 0 ? "." : path, name);
    execute_file(tried, argv);
    /* As a shell: a file that may not be executed does not end the search, but is told of if nothing better comes. */
    if (errno != ENOENT && errno != ENOTDIR) {
      found = name;
      reason = errno;
    }
    path = path[length] == 0 ? NULL : path + length + 1;
  }
  errno = reason;
  explain(name, found, failure);
}
