#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void close_scoped(int *fd) {
  if (*fd >= 0) close(*fd);
}

void free_scoped(void *pointer) { free(*(void **)pointer); }

int write_all(int fd, const void *data, size_t length) {
  const char *at = data;
  while (length > 0) {
    ssize_t written = write(fd, at, length);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return -1;
    at += written;
    length -= (size_t)written;
  }
  return 0;
}

int write_file(const char *path, const char *text) {
  SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return -1;
  return write_all(fd, text, strlen(text));
}

char *read_file(const char *path, size_t limit) {
  SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return NULL;
  size_t room = 4096;
  size_t length = 0;
  char *data = NULL;
  for (;;) {
    char *larger = realloc(data, room);
    if (larger == NULL) break;
    data = larger;
    ssize_t got = read(fd, data + length, room - length - 1);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    length += (size_t)got;
    if (got == 0) {
      data[length] = 0;
      return data;
    }
    if (length > limit) {
      errno = ENOSPC;
      break;
    }
    if (length + 1 >= room) room *= 2;
  }
  free(data);
  return NULL;
}

int make_folders(const char *path, mode_t mode) {
  char part[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof part) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(part, path, length + 1);
  for (char *at = part + 1; *at; at++) {
    if (*at != '/') continue;
    *at = 0;
    if (mkdir(part, mode) < 0 && errno != EEXIST) return -1;
    *at = '/';
  }
  if (mkdir(part, mode) < 0 && errno != EEXIST) return -1;
  return 0;
}
