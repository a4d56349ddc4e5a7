#pragma once
#include <stdbool.h>

/* Counts, and tells of what does not hold; the program's exit status follows from it. */
#define CHECK(holds) check((holds), #holds, __FILE__, __LINE__)
void check(bool holds, const char *text, const char *file, int line);

void test_place(void);
void test_noise(void);
void test_texts(void);
void test_rules(void);
void test_asked(void);
void test_meter(void);
