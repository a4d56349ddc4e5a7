#include "clock.h"

#include <time.h>

#include "fields.h"

enum { SECOND_NS = 1000000000, BEHIND_NS = 10000000 };

int clock_set(const uint8_t *message, size_t length, struct failure *failure) {
  uint64_t now = field_number(message, length, IDENTIFY_CLOCK, 0);
  struct timespec time = {.tv_sec = (time_t)(now / SECOND_NS), .tv_nsec = (long)(now % SECOND_NS)};
  if (clock_settime(CLOCK_REALTIME, &time) == 0) return 0;
  return fail_errno(failure, "GUEST_ERROR", "cannot set the guest's clock");
}

int clock_follow(const uint8_t *message, size_t length, struct failure *failure) {
  struct timespec own = {0};
  clock_gettime(CLOCK_REALTIME, &own);
  int64_t behind = (int64_t)field_number(message, length, IDENTIFY_CLOCK, 0) - ((int64_t)own.tv_sec * SECOND_NS + own.tv_nsec);
  return behind > BEHIND_NS || behind < -SECOND_NS ? clock_set(message, length, failure) : 0;
}
