#include <stdio.h>

#include "test.h"

static int passed, failed;

void check(bool holds, const char *text, const char *file, int line) {
  if (holds) {
    passed++;
    return;
  }
  failed++;
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fputs("usage: test VECTORS\n", stderr);
    return 2;
  }
  test_vectors(argv[1]);
  test_frames();
  test_user();
  test_names();
  test_resolver();
  test_files();
  test_tar();
  printf("guest agent: %d checks held, %d did not\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
