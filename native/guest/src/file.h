#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Closes a descriptor when its variable goes out of scope. */
void close_scoped(int *fd);
#define SCOPED_FD __attribute__((cleanup(close_scoped)))

void free_scoped(void *pointer);
#define SCOPED_FREE __attribute__((cleanup(free_scoped)))

/* Writes all of it, however often it is interrupted; -1 with errno. */
int write_all(int fd, const void *data, size_t length);
int write_file(const char *path, const char *text);
/* The whole file, ended by NUL, for the caller to free; NULL with errno, ENOSPC past `limit`. */
char *read_file(const char *path, size_t limit);
int make_folders(const char *path, mode_t mode);
