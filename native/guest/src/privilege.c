#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "names.h"

static int set_rlimits(const struct spec *spec, struct failure *failure) {
  for (char **entry = spec->rlimits; *entry != NULL; entry++) {
    struct pair limit = pair_of(*entry);
    char *end;
    long long soft = strtoll(limit.value, &end, 10);
    long long hard = *end == ':' ? strtoll(end + 1, NULL, 10) : soft;
    int number = rlimit_number(limit.name);
    if (number < 0) return fail(failure, "INVALID_ARGUMENT", "unknown ulimit %s", limit.name);
    struct rlimit values = {.rlim_cur = soft < 0 ? RLIM_INFINITY : (rlim_t)soft,
                            .rlim_max = hard < 0 ? RLIM_INFINITY : (rlim_t)hard};
    if (setrlimit(number, &values) < 0)
      return fail_errno(failure, "INVALID_ARGUMENT", "cannot set the ulimit %s=%s", limit.name, limit.value);
  }
  return 0;
}

/* Beyond the bounding set not even a setuid program of the image gets. */
static int bound(uint64_t allowed) {
  for (int number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) {
    if ((allowed >> number & 1) == 0 && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return -1;
  }
  return 0;
}

static int limit_capabilities(uint64_t allowed) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {0};
  for (int half = 0; half < 2; half++) {
    uint32_t bits = (uint32_t)(allowed >> (32 * half));
    data[half].effective = bits;
    data[half].permitted = bits;
  }
  return (int)syscall(SYS_capset, &header, data);
}

int privilege_drop(const struct spec *spec, const struct identity *identity, struct failure *failure) {
  uint64_t allowed = spec->capabilities;
  if (set_rlimits(spec, failure) < 0) return -1;
  /* Keyed by what the kernel of the guest knows: it may lack the newest. */
  uint64_t known = 0;
  for (int number = 0; number < 64 && prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0; number++) known |= UINT64_C(1) << number;
  if (spec->privileged) allowed = known;
  allowed &= known;
  if (bound(allowed) < 0 || setgroups(identity->group_count, identity->groups) < 0 ||
      setresgid(identity->gid, identity->gid, identity->gid) < 0 ||
      setresuid(identity->uid, identity->uid, identity->uid) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot become the user %u:%u", identity->uid, identity->gid);
  if (identity->uid == 0 && limit_capabilities(allowed) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot limit the process's capabilities");
  if (spec->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot forbid new privileges");
  return 0;
}
