#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "tool.h"

enum { TABLE_MAX = 4 << 20, LISTENING = 0x0a, UNCONNECTED = 0x07 };

/* Rows of the kernel's tables look like `0: 0100007F:1F90 00000000:0000 0A …`: local end, remote end, state. */
static void tell(const char *protocol, const char *path, unsigned wanted) {
  SCOPED_FREE char *table = read_file(path, TABLE_MAX);
  for (char *line = table == NULL ? NULL : strchr(table, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
    unsigned port, state;
    if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port, &state) != 2) continue;
    if (state == wanted) printf("%s/%u%c", protocol, port, 0);
  }
}

int tool_ports(char **arguments, struct failure *failure) {
  (void)arguments, (void)failure;
  tell("tcp", "/proc/net/tcp", LISTENING);
  tell("tcp", "/proc/net/tcp6", LISTENING);
  tell("udp", "/proc/net/udp", UNCONNECTED);
  tell("udp", "/proc/net/udp6", UNCONNECTED);
  return 0;
}
