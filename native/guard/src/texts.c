#include "texts.h"

#include <string.h>

#define BLANK " \t\r"

bool ports_name(const char *text, uint16_t port) {
  while (*text != 0) {
    uint32_t number = 0;
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; i < digits && number <= UINT16_MAX; i++) number = number * 10 + (uint32_t)(text[i] - '0');
    text += digits;
    size_t other = strcspn(text, BLANK "\n");
    if (digits > 0 && other == 0 && number == port) return true;
    text += other;
    text += strspn(text, BLANK "\n");
  }
  return false;
}

/* Its address, where a line names a name server. A zone behind it, as in fe80::1%eth0, is none of the loopback's. */
static bool read_line(const char *line, size_t length, struct place *place) {
  static const char keyword[] = "nameserver";
  char address[64];
  if (length <= strlen(keyword) || strncmp(line, keyword, strlen(keyword)) != 0) return false;
  line += strlen(keyword);
  size_t blank = strspn(line, BLANK);
  line += blank;
  size_t word = strcspn(line, BLANK "\n");
  if (blank == 0 || word == 0 || word >= sizeof address) return false;
  memcpy(address, line, word);
  address[word] = 0;
  return place_parse(address, place);
}

bool is_name_server(const char *resolv_conf, const struct place *place) {
  static const struct place itself = {.address = {[10] = 0xff, [11] = 0xff, 127, 0, 0, 1}};
  bool any = false;
  while (*resolv_conf != 0) {
    struct place named;
    size_t length = strcspn(resolv_conf, "\n");
    if (read_line(resolv_conf, length, &named)) {
      if (place_same_address(&named, place)) return true;
      any = true;
    }
    resolv_conf += length + (resolv_conf[length] == '\n');
  }
  return !any && place_same_address(&itself, place);
}
