/*
 * storage-load FILE MIB prepare|read-seq|write-seq|read-random|write-random [SECONDS]: prints bytes per second. Sequential in pieces
 * of 1 MiB, random in pieces of 4 KiB (all over the file, as many as fill a 32nd of it), past the page cache; what was
 * written is on the disk before the clock stops. With SECONDS over and over, for so long.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, PIECE = 4096 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  double seconds = argc > 4 ? atof(argv[4]) : 0;
  const char *how = argv[3];
  long mib = atol(argv[2]);
  int writes = strncmp(how, "read", 4) != 0;
  int random = strstr(how, "random") != NULL;
  int prepares = strcmp(how, "prepare") == 0;
  int fd = open(argv[1], (writes ? O_RDWR | O_CREAT : O_RDONLY) | (prepares ? 0 : O_DIRECT), 0600);
  char *data;
  if (fd < 0 || posix_memalign((void **)&data, MIB, MIB) != 0) fail(argv[1]);
  for (int i = 0; i < MIB; i++) data[i] = (char)(i * 31 + i / 4096);
  size_t piece = random ? PIECE : MIB;
  long pieces = random ? mib * (MIB / PIECE) / 32 : mib, done_pieces = 0;
  srand(1);
  double start = now();
  for (; done_pieces < pieces || now() - start < seconds; done_pieces++) {
    if (seconds > 0 && now() - start >= seconds) break;
    off_t at = random ? (off_t)(rand() % (mib * (MIB / PIECE))) * PIECE : (off_t)(done_pieces % mib) * MIB;
    ssize_t done = writes ? pwrite(fd, data, piece, at) : pread(fd, data, piece, at);
    if (done != (ssize_t)piece) fail(how);
  }
  if (writes && fdatasync(fd) < 0) fail("fdatasync");
  printf("%.0f\n", (double)done_pieces * (double)piece / (now() - start));
  return 0;
}
