#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "names.h"
#include "test.h"
#include "tmpfs.h"

void test_names(void) {
  CHECK(signal_number("SIGTERM") == 15 && signal_number("term") == 15 && signal_number("15") == 15);
  CHECK(signal_number("SIGRTMIN+3") == 37 && signal_number("RTMAX-1") == 63 && signal_number("RTMIN") == 34);
  CHECK(signal_number("") == -1 && signal_number("0") == -1 && signal_number("65") == -1 && signal_number("NO") == -1);
  CHECK(capability_number("CHOWN") == 0 && capability_number("CHECKPOINT_RESTORE") == 40 && capability_number("X") == -1);
  CHECK(rlimit_number("nofile") == 7 && rlimit_number("none") == -1);

  char rest[64];
  unsigned long flags = tmpfs_options("rw,size=64m,exec,mode=1777", rest, sizeof rest);
  CHECK(flags == (MS_NOSUID | MS_NODEV) && strcmp(rest, "size=64m,mode=1777") == 0);
  CHECK(tmpfs_options("", rest, sizeof rest) == (MS_NOSUID | MS_NODEV | MS_NOEXEC) && *rest == 0);
  (void)tmpfs_options("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,cccccccc", rest, sizeof rest);
  CHECK(strlen(rest) < sizeof rest);
}

void test_files(void) {
  char root[] = "/tmp/ramet-files-XXXXXX";
  char path[128];
  struct stat status;
  CHECK(mkdtemp(root) != NULL);
  snprintf(path, sizeof path, "%s/a/b", root);
  CHECK(make_folders(path, 0755) == 0 && make_folders(path, 0755) == 0 && stat(path, &status) == 0);
  snprintf(path, sizeof path, "%s/a/b/file", root);
  CHECK(write_file(path, "0123456789") == 0);
  char *text = read_file(path, 100);
  CHECK(text != NULL && strcmp(text, "0123456789") == 0);
  free(text);
  CHECK(read_file(path, 4) == NULL && errno == ENOSPC);
  CHECK(read_file("/nonexistent", 4) == NULL && errno == ENOENT);
  unlink(path);
  *strrchr(path, '/') = 0;
  rmdir(path);
  *strrchr(path, '/') = 0;
  rmdir(path);
  rmdir(root);
}
