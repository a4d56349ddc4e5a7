#pragma once
#include <stddef.h>
#include <stdint.h>

#include "failure.h"

/* What all processes of the container together may use; 0 is unlimited. */
struct limits {
  uint64_t pids;
  /* Bytes. */
  uint64_t memory;
  /* Microseconds of CPU time in every LIMIT_PERIOD_US. */
  uint64_t cpu_quota;
};

enum { LIMIT_PERIOD_US = 100000 };

/* Of a START or LIMIT message. */
struct limits limits_read(const uint8_t *message, size_t length);

/* Makes the container's control group where there is none yet, and sets all of its limits. */
int limits_set(const struct limits *limits, struct failure *failure);
