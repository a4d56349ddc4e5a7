#include "etc.h"

#include <stdbool.h>
#include <stdio.h>

#include "paths.h"
#include "resolver.h"

static void write_own_line(FILE *file, const struct spec *spec, const char *address) {
  fprintf(file, "%s\t%s", address, spec->hostname);
  if (*spec->domainname != 0) fprintf(file, ".%s %s", spec->domainname, spec->hostname);
  fputc('\n', file);
}

static int write_hosts(const struct spec *spec, const char *nat, struct failure *failure) {
  static const char *const hosts =
      "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n"
      "ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";
  FILE *file = fopen(ETC_FOLDER "/hosts", "we");
  if (file == NULL) return fail_errno(failure, "GUEST_ERROR", "cannot write /etc/hosts");
  fputs(hosts, file);
  for (char **host = spec->extra_hosts; *host != NULL; host++)
    fprintf(file, "%s\t%s\n", pair_of(*host).value, pair_of(*host).name);
  for (char **address = spec->addresses; *address != NULL; address++) write_own_line(file, spec, *address);
  if (spec->addresses[0] == NULL && *nat != 0) write_own_line(file, spec, nat);
  return fclose(file) == 0 ? 0 : fail_errno(failure, "GUEST_ERROR", "cannot write /etc/hosts");
}

static void put_line(FILE *file, const char *keyword, char *const *words) {
  if (*words == NULL) return;
  fputs(keyword, file);
  for (; *words != NULL; words++) fprintf(file, " %s", *words);
  fputc('\n', file);
}

static int write_resolver(const struct spec *spec, struct failure *failure) {
  bool own = spec->servers[0] != NULL;
  FILE *file = fopen(ETC_FOLDER "/resolv.conf", "we");
  if (file == NULL) return fail_errno(failure, "GUEST_ERROR", "cannot write /etc/resolv.conf");
  if (own) fputs("nameserver 127.0.0.11\n", file);
  for (char **server = spec->dns; !own && *server != NULL; server++) fprintf(file, "nameserver %s\n", *server);
  put_line(file, "search", spec->dns_search);
  put_line(file, "options", spec->dns_options);
  if (own && spec->dns_options[0] == NULL) fputs("options ndots:0\n", file);
  if (fclose(file) != 0) return fail_errno(failure, "GUEST_ERROR", "cannot write /etc/resolv.conf");
  return own ? resolver_start(spec->servers, spec->dns, failure) : 0;
}

int etc_write(const struct spec *spec, const char *nat, struct failure *failure) {
  if (write_hosts(spec, nat, failure) < 0 || write_resolver(spec, failure) < 0) return -1;
  FILE *file = fopen(ETC_FOLDER "/hostname", "we");
  if (file == NULL) return fail_errno(failure, "GUEST_ERROR", "cannot write /etc/hostname");
  fprintf(file, "%s\n", spec->hostname);
  return fclose(file) == 0 ? 0 : fail_errno(failure, "GUEST_ERROR", "cannot write /etc/hostname");
}
