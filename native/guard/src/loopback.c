#include "loopback.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "asked.h"
#include "rules.h"

enum { TEXT_MAX = 8192 };

static const char *ports_path;

void loopback_ports_in(const char *path) { ports_path = path; }

/* "" where it cannot be read; what is longer is cut off. */
static const char *read_text(const char *path, char *text) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got;
  while (fd >= 0 && length < TEXT_MAX - 1 && (got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
    length += (size_t)got;
  if (fd >= 0) close(fd);
  text[length] = 0;
  return text;
}

static uint64_t now(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec;
}

bool loopback_allows(int fd, const void *address, size_t length, bool answers) {
  struct place to;
  if (!place_read(address, length, &to) || !place_is_loopback(&to)) return true;
  if (answers && asked_lately(fd, &to, now())) return true;
  char ports[TEXT_MAX], resolv_conf[TEXT_MAX];
  const struct facts facts = {.ports = ports_path == NULL ? "" : read_text(ports_path, ports),
                              .resolv_conf = read_text("/etc/resolv.conf", resolv_conf)};
  return rules_allow(&to, &facts);
}

void loopback_asked(int fd, const void *address, size_t length) {
  struct place from;
  if (place_read(address, length, &from) && place_is_loopback(&from)) asked_remember(fd, &from, now());
}
