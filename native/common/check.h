#pragma once
#include <stdbool.h>

/* Counts, and tells of what does not hold. */
#define CHECK(holds) check((holds), #holds, __FILE__, __LINE__)
void check(bool holds, const char *text, const char *file, int line);
/* Says how many held; a program's exit status. */
int checked(const char *what);
