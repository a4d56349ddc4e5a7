#pragma once
#include <stddef.h>
#include <stdint.h>

#include "check.h"

void test_frames(void);
void test_vectors(const char *path);
void test_user(void);
void test_names(void);
void test_resolver(void);
void test_files(void);
void test_tar(void);
