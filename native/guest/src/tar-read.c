#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "tar.h"

enum { BLOCK = 512, RECORDS_MAX = 1 << 20 };
/* Offsets in a header. */
enum { NAME = 0, MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, SUM = 148, TYPE = 156, LINK = 157 };
enum { MAGIC = 257, MAJOR = 329, MINOR = 337, PREFIX = 345 };

static int broken(struct failure *failure, const char *why) {
  return fail(failure, "INVALID_ARGUMENT", "not a tar archive, or a broken one: %s", why);
}

/* Octal digits, or GNU's binary with the first bit set. Negative times are clipped to 0. */
static bool number(const unsigned char *field, size_t size, uint64_t *value) {
  *value = 0;
  if (*field == 0xff) return true;
  if (*field & 0x80) {
    for (size_t i = 0; i < size; i++) {
      if (*value >> 56 != 0) return false;
      *value = *value << 8 | (i == 0 ? field[i] & 0x7f : field[i]);
    }
    return true;
  }
  size_t at = 0;
  while (at < size && field[at] == ' ') at++;
  for (; at < size && field[at] >= '0' && field[at] <= '7'; at++) *value = *value << 3 | (uint64_t)(field[at] - '0');
  return at == size || field[at] == 0 || field[at] == ' ';
}

static bool checksum_holds(const unsigned char *block) {
  uint64_t told;
  uint64_t sum = 0;
  for (int i = 0; i < BLOCK; i++) sum += i >= SUM && i < SUM + 8 ? ' ' : block[i];
  return number(block + SUM, 8, &told) && told == sum;
}

void tar_clear(struct tar_entry *entry) {
  free(entry->path);
  free(entry->link);
  for (size_t i = 0; i < entry->xattr_count; i++) {
    free(entry->xattrs[i].name);
    free(entry->xattrs[i].value);
  }
  memset(entry, 0, sizeof *entry);
}

static char *read_text(FILE *in, uint64_t size, struct failure *failure) {
  char *text = size > RECORDS_MAX ? NULL : malloc(size + 1);
  char rest[BLOCK];
  size_t padding = size % BLOCK == 0 ? 0 : BLOCK - size % BLOCK;
  if (text == NULL) {
    broken(failure, "its names are too long");
  } else if (fread(text, 1, size, in) != size || fread(rest, 1, padding, in) != padding) {
    broken(failure, "it is cut short");
    free(text);
    text = NULL;
  } else {
    text[size] = 0;
  }
  return text;
}

static bool replace(char **slot, const char *value) {
  free(*slot);
  *slot = strdup(value);
  return *slot != NULL;
}

static bool add_xattr(struct tar_entry *entry, const char *name, const char *value, size_t length) {
  if (entry->xattr_count == TAR_XATTRS_MAX) return false;
  struct tar_xattr *xattr = &entry->xattrs[entry->xattr_count];
  *xattr = (struct tar_xattr){.name = strdup(name), .value = malloc(length + 1), .length = length};
  if (xattr->name == NULL || xattr->value == NULL) return false;
  memcpy(xattr->value, value, length);
  entry->xattr_count++;
  return true;
}

/* Whether `*has` now tells that the records named this field. */
struct overrides {
  bool size, uid, gid, mtime;
};

static bool take_record(struct tar_entry *entry, struct overrides *has, const char *key, char *value, size_t length) {
  static const char xattr[] = "SCHILY.xattr.";
  if (strncmp(key, xattr, sizeof xattr - 1) == 0) return add_xattr(entry, key + sizeof xattr - 1, value, length);
  if (strlen(value) != length) return false;
  if (strcmp(key, "path") == 0) return replace(&entry->path, value);
  if (strcmp(key, "linkpath") == 0) return replace(&entry->link, value);
  if (strcmp(key, "size") == 0) entry->size = strtoull(value, NULL, 10), has->size = true;
  if (strcmp(key, "uid") == 0) entry->uid = strtoull(value, NULL, 10), has->uid = true;
  if (strcmp(key, "gid") == 0) entry->gid = strtoull(value, NULL, 10), has->gid = true;
  if (strcmp(key, "mtime") == 0) entry->mtime = strtoll(value, NULL, 10), has->mtime = true;
  return true;
}

static bool take_records(struct tar_entry *entry, struct overrides *has, char *text, size_t size) {
  for (size_t at = 0; at < size;) {
    char *body;
    size_t length = strtoul(text + at, &body, 10);
    size_t header = (size_t)(body - text) - at;
    if (*body != ' ' || length <= header + 1 || length > size - at || text[at + length - 1] != '\n') return false;
    char *key = body + 1;
    text[at + length - 1] = 0;
    char *equals = strchr(key, '=');
    if (equals == NULL) return false;
    *equals = 0;
    if (!take_record(entry, has, key, equals + 1, (size_t)(text + at + length - 1 - (equals + 1)))) return false;
    at += length;
  }
  return true;
}

static char *joined(const unsigned char *block, bool ustar) {
  const char *prefix = (const char *)block + PREFIX;
  char path[260] = "";
  if (ustar && *prefix != 0) snprintf(path, sizeof path, "%.155s/%.100s", prefix, (const char *)block);
  else snprintf(path, sizeof path, "%.100s", (const char *)block);
  return strdup(path);
}

static int take_block(struct tar_entry *entry, const struct overrides *has, const unsigned char *block,
                      struct failure *failure) {
  /* GNU's own format has other things where a prefix would be. */
  bool ustar = memcmp(block + MAGIC, "ustar\0", 6) == 0;
  uint64_t mode, uid, gid, size, mtime, major = 0, minor = 0;
  if (!number(block + MODE, 8, &mode) || !number(block + UID, 8, &uid) || !number(block + GID, 8, &gid) ||
      !number(block + SIZE, 12, &size) || !number(block + MTIME, 12, &mtime))
    return broken(failure, "a number is none");
  if (memcmp(block + MAGIC, "ustar", 5) == 0) {
    (void)number(block + MAJOR, 8, &major);
    (void)number(block + MINOR, 8, &minor);
  }
  if (entry->path == NULL) entry->path = joined(block, ustar);
  if (entry->link == NULL) entry->link = strndup((const char *)block + LINK, 100);
  if (entry->path == NULL || entry->link == NULL) return fail(failure, "GUEST_ERROR", "the guest has no memory left");
  size_t length = strlen(entry->path);
  entry->type = block[TYPE] == 0 || block[TYPE] == '7' ? '0' : (char)block[TYPE];
  /* The oldest format knows a folder by its name alone. */
  if (entry->type == '0' && length > 0 && entry->path[length - 1] == '/') entry->type = '5';
  entry->mode = (unsigned)mode & 07777;
  entry->major = (unsigned)major;
  entry->minor = (unsigned)minor;
  if (!has->uid) entry->uid = uid;
  if (!has->gid) entry->gid = gid;
  if (!has->size) entry->size = size;
  if (!has->mtime) entry->mtime = (int64_t)mtime;
  if (entry->type != '0') entry->size = 0;
  return 1;
}

int tar_next(FILE *in, struct tar_entry *entry, struct failure *failure) {
  struct overrides has = {0};
  unsigned char block[BLOCK];
  tar_clear(entry);
  for (;;) {
    size_t got = fread(block, 1, BLOCK, in);
    if (got == 0 && !ferror(in)) return 0;
    if (got != BLOCK) return broken(failure, "it is cut short");
    bool zero = true;
    for (int i = 0; i < BLOCK; i++) zero = zero && block[i] == 0;
    if (zero) return 0;
    uint64_t size;
    if (!checksum_holds(block)) return broken(failure, "a checksum is wrong");
    if (!number(block + SIZE, 12, &size)) return broken(failure, "a number is none");
    char type = (char)block[TYPE];
    if (strchr("xgLK", type) == NULL || type == 0) return take_block(entry, &has, block, failure);
    SCOPED_FREE char *text = read_text(in, size, failure);
    if (text == NULL) return -1;
    bool taken = type == 'L'   ? replace(&entry->path, text)
                 : type == 'K' ? replace(&entry->link, text)
                 : type == 'x' ? take_records(entry, &has, text, size)
                               : true;
    if (!taken) return broken(failure, "an extended header is wrong");
  }
}
