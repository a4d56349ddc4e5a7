#include "failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct failure *failure, const char *code, const char *format, va_list arguments) {
  snprintf(failure->code, sizeof failure->code, "%s", code);
  vsnprintf(failure->message, sizeof failure->message, format, arguments);
}

int fail(struct failure *failure, const char *code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  set(failure, code, format, arguments);
  va_end(arguments);
  return -1;
}

int fail_errno(struct failure *failure, const char *code, const char *format, ...) {
  int number = errno;
  va_list arguments;
  va_start(arguments, format);
  set(failure, code, format, arguments);
  va_end(arguments);
  size_t length = strlen(failure->message);
  snprintf(failure->message + length, sizeof failure->message - length, ": %s", strerror(number));
  return -1;
}
