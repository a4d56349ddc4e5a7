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

int main(void) {
  test_place();
  test_noise();
  test_texts();
  test_rules();
  test_asked();
  test_meter();
  printf("guard: %d checks held, %d did not\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
