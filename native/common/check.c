#include "check.h"

#include <stdio.h>

static int passed, failed;

void check(bool holds, const char *text, const char *file, int line) {
  if (holds) {
    passed++;
    return;
  }
  failed++;
  fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, text);
}

int checked(const char *what) {
  printf("%s: %d checks held, %d did not\n", what, passed, failed);
  return failed == 0 ? 0 : 1;
}
