#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "check.h"
#include "network.h"

enum { MEMBERS = 3 };

/* A network of three, whose wires end in the test instead of in VMs. */
struct bench {
  struct network network;
  struct member *members[MEMBERS];
  int vms[MEMBERS];
};

void bench_open(struct bench *bench);
void bench_close(struct bench *bench);
/* The next frame that reached a member's VM; 0 where there is none. */
size_t bench_got(struct bench *bench, int at, uint8_t *frame);
/* Forwards a frame of one member. */
void bench_send(struct bench *bench, int from, const uint8_t *frame, size_t length);
/* That nobody got anything. */
bool bench_quiet(struct bench *bench);

/* Frames; `to` may be another member's place, or -1 for the gateway. Answer their length. */
size_t make_udp4(const struct bench *bench, uint8_t *frame, int from, int to, uint16_t port, const void *data,
                 size_t length);
size_t make_udp6(const struct bench *bench, uint8_t *frame, int from, int to, uint16_t port, const void *data,
                 size_t length);

void test_forward(void);
void test_neighbours(void);
void test_dns(void);
void test_rates(void);
void test_control(void);
void test_noise(void);
