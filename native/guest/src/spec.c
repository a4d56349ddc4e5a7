#include "spec.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "file.h"
#include "names.h"

struct pair pair_of(const char *text) { return (struct pair){.name = text, .value = text + strlen(text) + 1}; }

static int read_capabilities(struct spec *spec, const uint8_t *message, size_t length, struct failure *failure) {
  SCOPED_FREE char **names = field_texts(message, length, START_CAPABILITY);
  for (char **name = names; name != NULL && *name != NULL; name++) {
    int number = capability_number(*name);
    if (number < 0) return fail(failure, "INVALID_ARGUMENT", "the guest knows no capability %s", *name);
    spec->capabilities |= UINT64_C(1) << number;
  }
  return 0;
}

/* All that was taken out of the message as memory of its own. */
enum { PARTS = 19 };
static void list_parts(const struct spec *spec, void *out[PARTS]) {
  void *const parts[PARTS] = {spec->argv,        spec->env,        spec->groups,          spec->cwd,
                              spec->user,        spec->hostname,   spec->domainname,
                              spec->rlimits,     spec->sysctls,    spec->extra_hosts,     spec->dns,
                              spec->dns_search,  spec->dns_options, spec->masked,         spec->read_only_paths,
                              spec->devices,     spec->oom_score,  spec->addresses,       spec->servers};
  memcpy(out, parts, sizeof parts);
}

static bool whole(const struct spec *spec) {
  void *parts[PARTS];
  list_parts(spec, parts);
  for (size_t i = 0; i < PARTS; i++) {
    if (parts[i] == NULL) return false;
  }
  return true;
}

int spec_read(struct spec *spec, const uint8_t *message, size_t length, struct failure *failure) {
  *spec = (struct spec){
      .argv = field_texts(message, length, PROCESS_ARG),
      .env = field_texts(message, length, PROCESS_ENV),
      .groups = field_texts(message, length, PROCESS_GROUP),
      .cwd = field_text(message, length, PROCESS_CWD),
      .user = field_text(message, length, PROCESS_USER),
      .tty = field_number(message, length, PROCESS_TTY, 0) != 0,
      .open_stdin = field_number(message, length, PROCESS_STDIN, 0) != 0,
      .privileged = field_number(message, length, PROCESS_PRIVILEGED, 0) != 0,
      .no_new_privileges = field_number(message, length, START_NO_NEW_PRIVILEGES, 0) != 0,
      .run = (uint32_t)field_number(message, length, START_RUN, 0),
      .stdin_once = field_number(message, length, START_STDIN_ONCE, 0) != 0,
      .read_only = field_number(message, length, START_READ_ONLY, 0) != 0,
      .init = field_number(message, length, START_INIT, 0) != 0,
      .hostname = field_text(message, length, START_HOSTNAME),
      .domainname = field_text(message, length, START_DOMAINNAME),
      .rlimits = field_texts(message, length, START_RLIMIT),
      .sysctls = field_texts(message, length, START_SYSCTL),
      .extra_hosts = field_texts(message, length, START_EXTRA_HOST),
      .dns = field_texts(message, length, START_DNS),
      .addresses = field_texts(message, length, NAMES_ADDRESS),
      .servers = field_texts(message, length, NAMES_SERVER),
      .dns_search = field_texts(message, length, START_DNS_SEARCH),
      .dns_options = field_texts(message, length, START_DNS_OPTION),
      .oom_score = field_text(message, length, START_OOM_SCORE),
      .masked = field_texts(message, length, START_MASKED),
      .read_only_paths = field_texts(message, length, START_READ_ONLY_PATH),
      .devices = field_texts(message, length, START_DEVICE),
      .log_limit = field_number(message, length, START_LOG_LIMIT, 0),
      .host_cgroups = field_number(message, length, START_HOST_CGROUPS, 0) != 0,
      .shm_size = field_number(message, length, START_SHM_SIZE, 64 << 20),
      .limits = limits_read(message, length),
  };
  if (!whole(spec)) {
    spec_free(spec);
    return fail(failure, "GUEST_ERROR", "the guest has no memory for the process, or a text holds a NUL");
  }
  int result = spec->argv[0] == NULL ? fail(failure, "INVALID_ARGUMENT", "no command specified") : 0;
  if (result == 0) result = read_capabilities(spec, message, length, failure);
  if (result == 0) result = mounts_read(&spec->mounts, message, length, failure);
  if (result < 0) {
    spec_free(spec);
    return -1;
  }
  return 0;
}

int spec_read_names(struct spec *spec, const uint8_t *message, size_t length, struct failure *failure) {
  *spec = (struct spec){
      .hostname = field_text(message, length, START_HOSTNAME),
      .domainname = field_text(message, length, START_DOMAINNAME),
      .extra_hosts = field_texts(message, length, START_EXTRA_HOST),
      .dns = field_texts(message, length, START_DNS),
      .dns_search = field_texts(message, length, START_DNS_SEARCH),
      .dns_options = field_texts(message, length, START_DNS_OPTION),
      .addresses = field_texts(message, length, NAMES_ADDRESS),
      .servers = field_texts(message, length, NAMES_SERVER),
  };
  if (spec->hostname && spec->domainname && spec->extra_hosts && spec->dns && spec->dns_search && spec->dns_options &&
      spec->addresses && spec->servers)
    return 0;
  spec_free(spec);
  return fail(failure, "GUEST_ERROR", "the guest has no memory for the names, or a text holds a NUL");
}

void spec_free(struct spec *spec) {
  void *parts[PARTS];
  list_parts(spec, parts);
  for (size_t i = 0; i < PARTS; i++) free(parts[i]);
  mounts_free(&spec->mounts);
  memset(spec, 0, sizeof *spec);
}
