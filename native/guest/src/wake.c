#include "wake.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "connections.h"
#include "etc.h"
#include "fields.h"
#include "file.h"
#include "hold.h"
#include "identify.h"
#include "log.h"
#include "remount.h"
#include "spec.h"

/* The container's own, which its processes see; the agent's was set with its identity. */
static int rename_container(int container, const struct spec *spec, struct failure *failure) {
  SCOPED_FD int own = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);
  int failed = own < 0 || setns(container, CLONE_NEWUTS) < 0 || sethostname(spec->hostname, strlen(spec->hostname)) < 0 ||
               setdomainname(spec->domainname, strlen(spec->domainname)) < 0;
  if (own < 0 || setns(own, CLONE_NEWUTS) < 0 || failed)
    return fail_errno(failure, "GUEST_ERROR", "cannot give the container its host name");
  return 0;
}

int wake(struct container *container, struct processes *processes, const uint8_t *message, size_t length,
         struct failure *failure) {
  struct spec spec;
  if (spec_read(&spec, message, length, failure) < 0) return -1;
  int result = rename_container(processes->container, &spec, failure);
  /* In place: the container has these very files mounted. */
  if (result == 0) result = etc_write(&spec, identity_address(), failure);
  if (result == 0) result = remount(&spec.mounts, processes->container, failure);
  if (result == 0) result = connections_cut(failure);
  if (result == 0) {
    container->run = spec.run;
    log_start(processes->log, spec.run);
    release_processes();
  }
  spec_free(&spec);
  return result;
}
