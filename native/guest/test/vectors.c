#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "frame.h"
#include "log.h"
#include "source.h"
#include "spec.h"
#include "test.h"

static size_t unhex(const char *text, uint8_t *out) {
  size_t length = strcmp(text, "-") == 0 ? 0 : strlen(text) / 2;
  for (size_t i = 0; i < length; i++) {
    char digits[3] = {text[2 * i], text[2 * i + 1], 0};
    out[i] = (uint8_t)strtoul(digits, NULL, 16);
  }
  return length;
}

/* One message may be several frames: what they hold together must be the payload, and what is written the bytes. */
static void frame_vector(uint8_t type, uint32_t channel, const uint8_t *payload, size_t length, const uint8_t *bytes,
                         size_t count) {
  static struct frame_reader reader;
  static uint8_t written[FRAME_MAX];
  size_t done = 0;
  reader.length = 0;
  for (size_t at = 0; at < count; at++) {
    struct frame frame;
    reader.data[reader.length++] = bytes[at];
    if (!frame_reader_peek(&reader, &frame)) continue;
    CHECK(frame.type == type && frame.channel == channel);
    CHECK(done + frame.length <= length && memcmp(frame.payload, payload + done, frame.length) == 0);
    size_t total = frame_encode(written, &frame);
    CHECK(total == FRAME_HEADER + frame.length && memcmp(written, bytes + at + 1 - total, total) == 0);
    done += frame.length;
    CHECK(((frame.flags & FRAME_MORE) != 0) == (done < length));
    frame_reader_next(&reader);
  }
  CHECK(done == length && reader.length == 0);
}

static void log_vector(enum log_type type, uint64_t time, const uint8_t *payload, size_t length, const uint8_t *bytes,
                       size_t count) {
  uint8_t written[LOG_HEADER + 256];
  size_t total = log_encode(written, type, time, payload, length);
  CHECK(total == count && memcmp(written, bytes, total) == 0);
}

static bool same(char **list, const char *const *expected) {
  for (; *expected != NULL; list++, expected++) {
    if (*list == NULL || strcmp(*list, *expected) != 0) return false;
  }
  return *list == NULL;
}

static void check_process(const struct spec *spec) {
  CHECK(same(spec->argv, (const char *const[]){"sh", "-c", "exit 7", NULL}));
  CHECK(same(spec->env, (const char *const[]){"A=1", "EMPTY=", NULL}));
  CHECK(same(spec->groups, (const char *const[]){"audio", "44", NULL}));
  CHECK(strcmp(spec->cwd, "/work") == 0 && strcmp(spec->user, "app:staff") == 0);
  CHECK(!spec->tty && spec->open_stdin && !spec->privileged);
}

static void check_start(const struct spec *spec) {
  CHECK(spec->run == 3 && spec->stdin_once && spec->read_only && spec->no_new_privileges && !spec->init);
  CHECK(strcmp(spec->hostname, "one") == 0 && *spec->domainname == 0);
  CHECK(spec->shm_size == 67108864 && spec->limits.pids == 100);
  CHECK(spec->limits.memory == 134217728 && spec->limits.cpu_quota == 50000);
  CHECK(spec->capabilities == (1u << 0 | 1u << 13));
  CHECK(spec->mounts.count == 2);
  CHECK(strcmp(spec->mounts.all[0].kind, "tmpfs") == 0 && strcmp(spec->mounts.all[0].options, "size=1m,exec") == 0);
  CHECK(strcmp(spec->mounts.all[1].target, "/data/deep") == 0 && strcmp(spec->mounts.all[1].source, "ramet1") == 0);
  CHECK(strcmp(spec->mounts.all[1].inner, "a/b") == 0 && mount_has(&spec->mounts.all[1], "copy"));
  CHECK(!mount_has(&spec->mounts.all[1], "cop") && !mount_has(&spec->mounts.all[0], "ro"));
  CHECK(strcmp(pair_of(spec->rlimits[0]).value, "1024:-1") == 0);
  CHECK(strcmp(pair_of(spec->sysctls[0]).name, "net.core.somaxconn") == 0);
  CHECK(strcmp(pair_of(spec->extra_hosts[0]).value, "10.1.2.3") == 0);
  CHECK(same(spec->dns, (const char *const[]){"10.0.2.3", NULL}));
  CHECK(same(spec->dns_search, (const char *const[]){"example.org", NULL}));
  CHECK(same(spec->dns_options, (const char *const[]){"ndots:2", NULL}));
  CHECK(same(spec->masked, (const char *const[]){"/proc/kcore", NULL}));
  CHECK(same(spec->read_only_paths, (const char *const[]){"/proc/sys", NULL}));
  CHECK(strcmp(pair_of(spec->devices[0]).name, "/dev/fuse") == 0);
  CHECK(strcmp(pair_of(spec->devices[0]).value, "/dev/own") == 0);
  CHECK(strcmp(spec->oom_score, "-500") == 0 && spec->host_cgroups);
  CHECK(spec->log_limit == 1048576);
  CHECK(same(spec->addresses, (const char *const[]){"172.18.0.2", "fd00::2", NULL}));
  CHECK(same(spec->servers, (const char *const[]){"172.18.0.1", NULL}));
}

static void check_interface(const uint8_t *bytes, size_t count) {
  char *mac = field_text(bytes, count, INTERFACE_MAC), *name = field_text(bytes, count, INTERFACE_NAME);
  char **addresses = field_texts(bytes, count, INTERFACE_ADDRESS);
  CHECK(mac != NULL && strcmp(mac, "02:42:ac:12:00:02") == 0 && name != NULL && strcmp(name, "eth0") == 0);
  CHECK(addresses != NULL && same(addresses, (const char *const[]){"172.18.0.2/16", "fd00::2/64", NULL}));
  CHECK(field_number(bytes, count, INTERFACE_MTU, 0) == 65500);
  free(mac);
  free(name);
  free(addresses);
}

static void check_names(const uint8_t *bytes, size_t count) {
  struct failure failure;
  struct spec spec;
  CHECK(spec_read_names(&spec, bytes, count, &failure) == 0);
  CHECK(strcmp(spec.hostname, "one") == 0 && same(spec.addresses, (const char *const[]){"172.18.0.2", NULL}));
  CHECK(same(spec.servers, (const char *const[]){"172.18.0.1", NULL}) && *spec.dns == NULL);
  spec_free(&spec);
}

static void message_vector(const char *name, const uint8_t *bytes, size_t count) {
  struct failure failure;
  struct spec spec;
  CHECK(fields_valid(bytes, count));
  if (strcmp(name, "identify") == 0) {
    struct field seed;
    CHECK(field_find(bytes, count, IDENTIFY_SEED, &seed) && seed.length == 64 && seed.value[63] == 0x5a);
    CHECK(field_number(bytes, count, IDENTIFY_CLOCK, 0) == UINT64_C(1700000000000000001));
    CHECK(field_number(bytes, count, IDENTIFY_MTU, 0) == 1500);
    char *address = field_text(bytes, count, IDENTIFY_ADDRESS);
    CHECK(address != NULL && strcmp(address, "10.0.2.15/24") == 0);
    free(address);
    return;
  }
  if (strcmp(name, "clock") == 0) {
    CHECK(field_number(bytes, count, IDENTIFY_CLOCK, 0) == UINT64_C(1700000000000000001));
    return;
  }
  if (strcmp(name, "interface") == 0) return check_interface(bytes, count);
  if (strcmp(name, "names") == 0) return check_names(bytes, count);
  CHECK(spec_read(&spec, bytes, count, &failure) == 0);
  check_process(&spec);
  if (strcmp(name, "start") == 0) check_start(&spec);
  spec_free(&spec);
  /* Cut anywhere, and with every byte another: refused or read, never past its end (the sanitizer says). */
  for (size_t length = 0; length < count; length++) {
    uint8_t *part = malloc(length + 1);
    memcpy(part, bytes, length);
    if (length > 0) part[length - 1] ^= 0xff;
    if (spec_read(&spec, part, length, &failure) == 0) spec_free(&spec);
    free(part);
  }
}

void test_vectors(const char *path) {
  static char line[1 << 18];
  static uint8_t payload[1 << 16], bytes[1 << 16];
  int frames = 0, logs = 0, messages = 0;
  FILE *file = fopen(path, "re");
  CHECK(file != NULL);
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    char *word[5] = {0};
    char *rest = line;
    for (int i = 0; i < 5 && rest != NULL; i++) word[i] = strsep(&rest, " \n");
    if (strcmp(word[0], "message") == 0) {
      message_vector(word[1], bytes, unhex(word[2], bytes));
      messages++;
    } else if (word[4] != NULL) {
      size_t length = unhex(word[3], payload);
      size_t count = unhex(word[4], bytes);
      uint64_t second = strtoull(word[2], NULL, 10);
      if (strcmp(word[0], "frame") == 0) {
        frame_vector((uint8_t)atoi(word[1]), (uint32_t)second, payload, length, bytes, count);
        frames++;
      } else {
        log_vector((enum log_type)atoi(word[1]), second, payload, length, bytes, count);
        logs++;
      }
    }
  }
  if (file != NULL) fclose(file);
  CHECK(frames >= 6 && logs >= 2 && messages == 6);
}
