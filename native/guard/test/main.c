#include "test.h"

int main(void) {
  test_place();
  test_noise();
  test_texts();
  test_rules();
  test_asked();
  test_meter();
  return checked("guard");
}
