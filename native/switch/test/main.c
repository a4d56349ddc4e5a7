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
  test_forward();
  test_neighbours();
  test_dns();
  test_rates();
  test_control();
  test_noise();
  printf("switch: %d checks held, %d did not\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
