#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEMBERS_MAX = 512 };

struct waiting {
  struct waiting *next;
  uint32_t length;
  uint16_t from;
  uint8_t frame[];
};

/* Frames that wait for a member that cannot take them yet. */
struct queue {
  struct waiting *first, *last;
  size_t bytes;
  /* How much of it is of each member, by its place in the table. */
  size_t of[MEMBERS_MAX];
};

/*
 * Appends a copy, and says whether it did. `limit` bounds the whole; a member may have no more in it than is left, so
 * that one that floods leaves room to the others.
 */
bool queue_push(struct queue *queue, size_t limit, uint16_t from, const uint8_t *frame, size_t length);
void queue_pop(struct queue *queue);
void queue_clear(struct queue *queue);
