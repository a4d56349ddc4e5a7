#include "queue.h"

#include <stdlib.h>
#include <string.h>

/* What a frame costs beside its bytes: floods of small ones are bounded too. */
enum { OVERHEAD = 64 };

bool queue_push(struct queue *queue, size_t limit, uint16_t from, const uint8_t *frame, size_t length) {
  size_t cost = length + OVERHEAD;
  if (queue->bytes + cost > limit || queue->of[from] + cost > limit - queue->bytes) return false;
  struct waiting *entry = malloc(sizeof *entry + length);
  if (entry == NULL) return false;
  *entry = (struct waiting){.length = (uint32_t)length, .from = from};
  memcpy(entry->frame, frame, length);
  if (queue->last == NULL)
    queue->first = entry;
  else
    queue->last->next = entry;
  queue->last = entry;
  queue->bytes += cost;
  queue->of[from] += cost;
  return true;
}

void queue_pop(struct queue *queue) {
  struct waiting *entry = queue->first;
  if (entry == NULL) return;
  queue->first = entry->next;
  if (queue->first == NULL) queue->last = NULL;
  queue->bytes -= entry->length + OVERHEAD;
  queue->of[entry->from] -= entry->length + OVERHEAD;
  free(entry);
}

void queue_clear(struct queue *queue) {
  while (queue->first != NULL) queue_pop(queue);
}
