#pragma once

/* What went wrong, for the host: a code of its table and one line for people. Plain data, so that it fits a pipe. */
struct failure {
  char code[32];
  char message[480];
};

/* Both answer -1, for `return`. fail_errno appends what errno means. */
__attribute__((format(printf, 3, 4))) int fail(struct failure *failure, const char *code, const char *format, ...);
__attribute__((format(printf, 3, 4))) int fail_errno(struct failure *failure, const char *code, const char *format,
                                                     ...);
