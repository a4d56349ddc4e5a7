#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "tar.h"

enum { BLOCK = 512 };

struct header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[8], user[32],
      group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* The largest number of so many octal digits, in a field with a NUL behind. */
static uint64_t most(size_t field) { return (UINT64_C(1) << (3 * (field - 1))) - 1; }

static void octal(char *field, size_t size, uint64_t value) {
  snprintf(field, size, "%0*" PRIo64, (int)size - 1, value > most(size) ? 0 : value);
}

int tar_pad(FILE *out, uint64_t size) {
  static const char zeros[BLOCK];
  size_t rest = size % BLOCK == 0 ? 0 : BLOCK - size % BLOCK;
  return fwrite(zeros, 1, rest, out) == rest ? 0 : -1;
}

int tar_end(FILE *out) {
  static const char zeros[2 * BLOCK];
  return fwrite(zeros, 1, sizeof zeros, out) == sizeof zeros && fflush(out) == 0 ? 0 : -1;
}

static int put_block(FILE *out, const struct tar_entry *entry, const char *path, const char *link) {
  struct header header = {.type = entry->type, .magic = {'u', 's', 't', 'a', 'r', 0, '0', '0'}};
  memcpy(header.name, path, strnlen(path, sizeof header.name));
  memcpy(header.link, link, strnlen(link, sizeof header.link));
  octal(header.mode, sizeof header.mode, entry->mode);
  octal(header.uid, sizeof header.uid, entry->uid);
  octal(header.gid, sizeof header.gid, entry->gid);
  octal(header.size, sizeof header.size, entry->size);
  octal(header.mtime, sizeof header.mtime, entry->mtime < 0 ? 0 : (uint64_t)entry->mtime);
  octal(header.major, sizeof header.major, entry->major);
  octal(header.minor, sizeof header.minor, entry->minor);
  memset(header.checksum, ' ', sizeof header.checksum);
  unsigned sum = 0;
  for (size_t i = 0; i < sizeof header; i++) sum += ((const unsigned char *)&header)[i];
  snprintf(header.checksum, sizeof header.checksum, "%06o", sum);
  return fwrite(&header, sizeof header, 1, out) == 1 ? 0 : -1;
}

/* A record counts its own length, digits and all. */
static int record(FILE *records, const char *key, const char *suffix, const void *value, size_t length) {
  size_t body = strlen(key) + strlen(suffix) + length + 3;
  size_t total = body + 1;
  char digits[24];
  while (body + (size_t)snprintf(digits, sizeof digits, "%zu", total) != total)
    total = body + (size_t)snprintf(digits, sizeof digits, "%zu", total);
  fprintf(records, "%zu %s%s=", total, key, suffix);
  fwrite(value, 1, length, records);
  fputc('\n', records);
  return ferror(records) ? -1 : 0;
}

static int text_record(FILE *records, const char *key, const char *value) {
  return record(records, key, "", value, strlen(value));
}

static int number_record(FILE *records, const char *key, uint64_t value) {
  char text[24];
  snprintf(text, sizeof text, "%" PRIu64, value);
  return text_record(records, key, text);
}

/* What the header has no room for. */
static int put_records(const struct tar_entry *entry, FILE *records) {
  int failed = 0;
  if (strlen(entry->path) > 100) failed |= text_record(records, "path", entry->path);
  if (entry->link != NULL && strlen(entry->link) > 100) failed |= text_record(records, "linkpath", entry->link);
  if (entry->size > most(12)) failed |= number_record(records, "size", entry->size);
  if (entry->uid > most(8)) failed |= number_record(records, "uid", entry->uid);
  if (entry->gid > most(8)) failed |= number_record(records, "gid", entry->gid);
  for (size_t i = 0; i < entry->xattr_count; i++)
    failed |= record(records, "SCHILY.xattr.", entry->xattrs[i].name, entry->xattrs[i].value, entry->xattrs[i].length);
  return failed;
}

int tar_put(FILE *out, const struct tar_entry *entry) {
  SCOPED_FREE char *text = NULL;
  size_t length = 0;
  FILE *records = open_memstream(&text, &length);
  if (records == NULL) return -1;
  int failed = put_records(entry, records);
  if (fclose(records) != 0 || failed) return -1;
  if (length > 0) {
    const struct tar_entry extended = {.type = 'x', .mode = 0644, .size = length, .mtime = entry->mtime};
    if (put_block(out, &extended, "PaxHeaders/entry", "") < 0) return -1;
    if (fwrite(text, 1, length, out) != length || tar_pad(out, length) < 0) return -1;
  }
  return put_block(out, entry, entry->path, entry->link == NULL ? "" : entry->link);
}
