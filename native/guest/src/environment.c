#include "environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

int environment_set(const struct spec *spec, const struct identity *identity, struct failure *failure) {
  char hostname[65] = "";
  clearenv();
  (void)gethostname(hostname, sizeof hostname - 1);
  int failed = setenv("PATH", default_path, 1) | setenv("HOSTNAME", hostname, 1);
  if (spec->tty) failed |= setenv("TERM", "xterm", 1);
  for (char **entry = spec->env; *entry != NULL; entry++) {
    /* putenv keeps the text as it is, which is what a process sees in other runtimes too. */
    if (strchr(*entry, '=') != NULL) failed |= putenv(*entry);
  }
  if (getenv("HOME") == NULL) failed |= setenv("HOME", *identity->home == 0 ? "/" : identity->home, 1);
  return failed ? fail_errno(failure, "GUEST_ERROR", "cannot set the process's environment") : 0;
}
