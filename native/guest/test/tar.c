#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "tar.h"
#include "test.h"
#include "tool.h"
#include "tree.h"

static FILE *archive_of(const struct tar_entry *entries, size_t count) {
  FILE *file = tmpfile();
  for (size_t i = 0; i < count; i++) CHECK(tar_put(file, &entries[i]) == 0);
  CHECK(tar_end(file) == 0);
  rewind(file);
  return file;
}

static void test_round_trip(void) {
  char name[300], target[200];
  memset(name, 'n', sizeof name - 1);
  memset(target, 't', sizeof target - 1);
  name[sizeof name - 1] = target[sizeof target - 1] = name[150] = 0;
  const struct tar_entry entries[] = {
      {.type = '5', .path = "etc/", .mode = 0750, .uid = 1, .gid = 2, .mtime = 1700000000},
      {.type = '2', .path = name, .link = target, .mode = 0777, .uid = 3000000, .gid = 4000000000},
      {.type = '3', .path = "dev/null", .mode = 0666, .major = 1, .minor = 3,
       .xattrs = {{.name = "user.one", .value = "a\0b", .length = 3}}, .xattr_count = 1},
  };
  FILE *file = archive_of(entries, 3);
  struct tar_entry entry = {0};
  struct failure failure;
  CHECK(tar_next(file, &entry, &failure) == 1);
  CHECK(entry.type == '5' && strcmp(entry.path, "etc/") == 0 && entry.mode == 0750 && entry.mtime == 1700000000);
  CHECK(tar_next(file, &entry, &failure) == 1);
  CHECK(strcmp(entry.path, name) == 0 && strcmp(entry.link, target) == 0);
  CHECK(entry.uid == 3000000 && entry.gid == 4000000000);
  CHECK(tar_next(file, &entry, &failure) == 1);
  CHECK(entry.major == 1 && entry.minor == 3 && entry.xattr_count == 1);
  CHECK(strcmp(entry.xattrs[0].name, "user.one") == 0 && memcmp(entry.xattrs[0].value, "a\0b", 3) == 0);
  CHECK(tar_next(file, &entry, &failure) == 0);
  tar_clear(&entry);
  fclose(file);
}

static void test_broken(void) {
  const struct tar_entry one = {.type = '0', .path = "file", .mode = 0644};
  struct tar_entry entry = {0};
  struct failure failure;
  char block[1024];
  FILE *file = archive_of(&one, 1);
  CHECK(fread(block, 1, sizeof block, file) == sizeof block);
  fclose(file);
  /* Of every byte of the header, one that is not what it was is seen. */
  int seen = 0;
  for (int at = 0; at < 512; at++) {
    block[at] ^= 1;
    file = fmemopen(block, 512, "r");
    seen += tar_next(file, &entry, &failure) == -1;
    fclose(file);
    block[at] ^= 1;
  }
  /* The field of the sum itself ends in a blank that nothing depends on. */
  CHECK(seen >= 510);
  file = fmemopen(block, 300, "r");
  CHECK(tar_next(file, &entry, &failure) == -1 && strcmp(failure.code, "INVALID_ARGUMENT") == 0);
  fclose(file);
  tar_clear(&entry);
}

/* Runs a line of shell in `folder`; its exit status. */
static int shell(const char *folder, const char *line) {
  char command[1024];
  snprintf(command, sizeof command, "cd %s && { %s; } >/dev/null 2>&1", folder, line);
  return system(command);
}

static int write_into(const char *folder, const char *archive, struct failure *failure) {
  int in = dup(0);
  char *where = realpath(".", NULL);
  char *arguments[] = {(char *)folder, NULL};
  clearerr(stdin);
  CHECK(freopen(archive, "r", stdin) != NULL);
  int result = tool_write(arguments, failure);
  dup2(in, 0);
  close(in);
  CHECK(chdir(where) == 0);
  free(where);
  return result;
}

static void test_with_tar(void) {
  char root[] = "/tmp/ramet-tar-XXXXXX";
  char folder[64], archive[64];
  struct failure failure = {0};
  CHECK(mkdtemp(root) != NULL);
  CHECK(shell(root, "mkdir -p from/sub out && echo one > from/a && ln from/a from/b && ln -s ../a from/sub/link && "
                    "head -c 700 /dev/zero > from/sub/$(printf 'x%.0s' $(seq 95)) && mkfifo from/pipe && "
                    "mkdir -p from/$(printf 'd%.0s' $(seq 90))/$(printf 'e%.0s' $(seq 90)) && chmod 2751 from/sub") == 0);
  snprintf(folder, sizeof folder, "%s/from", root);
  snprintf(archive, sizeof archive, "%s/ours.tar", root);
  struct tree tree = {.out = fopen(archive, "w")};
  CHECK(tree_put(&tree, folder, "from", &failure) == 0 && tar_end(tree.out) == 0);
  tree_free(&tree);
  fclose(tree.out);
  CHECK(shell(root, "tar -tf ours.tar && mkdir theirs && tar -xpf ours.tar -C theirs && diff -r --no-dereference "
                    "from/sub theirs/from/sub && test theirs/from/a -ef theirs/from/b && test -p theirs/from/pipe && "
                    "test $(stat -c %a theirs/from/sub) = 2751") == 0);
  static const char *const formats[] = {"pax", "gnu", "ustar", "oldgnu"};
  for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
    char line[256];
    snprintf(line, sizeof line, "rm -rf out && mkdir out && tar --format=%s -cf in.tar from", formats[i]);
    CHECK(shell(root, line) == 0);
    snprintf(folder, sizeof folder, "%s/out", root);
    snprintf(archive, sizeof archive, "%s/in.tar", root);
    CHECK(write_into(folder, archive, &failure) == 0);
    CHECK(shell(root, "diff -r --no-dereference from/sub out/from/sub && test out/from/a -ef out/from/b && "
                      "test $(stat -c %a out/from/sub) = 2751 && test -p out/from/pipe") == 0);
    /* And once more over itself. */
    CHECK(write_into(folder, archive, &failure) == 0);
  }
  CHECK(shell(root, "head -c 2000 in.tar > cut.tar && mkdir -p x && tar -P -cf up.tar x/../from/a") == 0);
  snprintf(archive, sizeof archive, "%s/cut.tar", root);
  CHECK(write_into(folder, archive, &failure) == -1 && strcmp(failure.code, "INVALID_ARGUMENT") == 0);
  snprintf(archive, sizeof archive, "%s/up.tar", root);
  CHECK(write_into(folder, archive, &failure) == -1 && strstr(failure.message, "leads outside") != NULL);
  char clean[96];
  snprintf(clean, sizeof clean, "rm -rf %s", root);
  CHECK(system(clean) == 0);
}

void test_tar(void) {
  test_round_trip();
  test_broken();
  test_with_tar();
}
