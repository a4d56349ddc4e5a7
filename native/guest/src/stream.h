#pragma once
#include <stddef.h>
#include <stdint.h>

#include "link.h"

/* The host may send as much again on the channel. */
void stream_grant(struct link *link, uint32_t channel, size_t bytes);
void stream_send_end(struct link *link, uint32_t channel, uint32_t stream);
