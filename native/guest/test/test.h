#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Counts, and tells of what does not hold; the program's exit status follows from it. */
#define CHECK(holds) check((holds), #holds, __FILE__, __LINE__)
void check(bool holds, const char *text, const char *file, int line);

void test_frames(void);
void test_vectors(const char *path);
void test_user(void);
void test_names(void);
void test_resolver(void);
void test_files(void);
void test_tar(void);
