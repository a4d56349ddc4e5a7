#pragma once
#include "network.h"

enum { DNS_MESSAGE_MAX = 512 };

/*
 * Answers a member's question about the network's members; 0 where the message is no question. What it does not know it refuses
 * (REFUSED), so that whoever asked can ask another: only of the network's own addresses it says that they have no name.
 */
size_t dns_answer(struct network *network, const struct member *asker, const uint8_t *message, size_t length,
                  uint8_t out[DNS_MESSAGE_MAX]);
