#pragma once
#include "check.h"

void test_place(void);
void test_noise(void);
void test_texts(void);
void test_rules(void);
void test_asked(void);
void test_meter(void);
