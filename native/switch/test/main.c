#include "test.h"

int main(void) {
  test_forward();
  test_neighbours();
  test_dns();
  test_rates();
  test_control();
  test_noise();
  return checked("switch");
}
