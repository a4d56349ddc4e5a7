#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "failure.h"
#include "limit.h"
#include "mounts.h"

struct pair {
  const char *name;
  const char *value;
};

/* What START or EXEC asks for, taken out of the message. Lists end in NULL. */
struct spec {
  char **argv;
  char **env;
  char **groups;
  char *cwd;
  char *user;
  bool tty;
  bool open_stdin;
  bool privileged;
  bool no_new_privileges;
  /* Bit by capabilities(7)'s number. */
  uint64_t capabilities;
  /* -1000 to 1000 in digits, "" for 0. */
  char *oom_score;
  /* Only of START. */
  uint32_t run;
  bool stdin_once;
  bool read_only;
  bool init;
  char *hostname;
  char *domainname;
  struct mounts mounts;
  char **rlimits;
  char **sysctls;
  char **extra_hosts;
  char **dns;
  char **dns_search;
  char **dns_options;
  /* Paths of /proc and /sys that are hidden, or shown without letting anybody write. */
  char **masked;
  char **read_only_paths;
  /* Pairs: a device of the guest, and what it is called in the container. */
  char **devices;
  /* The container sees all cgroups of the guest. */
  bool host_cgroups;
  /* By which the container calls itself, and the name servers of its networks. */
  char **addresses;
  char **servers;
  /* Bytes that the first process may print while no host is there; 0: any number. */
  uint64_t log_limit;
  uint64_t shm_size;
  struct limits limits;
};

int spec_read(struct spec *spec, const uint8_t *message, size_t length, struct failure *failure);
/* What NAMES says: of a spec only what /etc/hosts and name resolution are made of. */
int spec_read_names(struct spec *spec, const uint8_t *message, size_t length, struct failure *failure);
void spec_free(struct spec *spec);

/* "name NUL value", as pairs travel. */
struct pair pair_of(const char *text);
