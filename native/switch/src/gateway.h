#pragma once
#include "network.h"

/*
 * What the gateway's address answers: names (UDP, port 53) and echoes. `payload` is what follows the packet's headers
 * of IP, `protocol` its kind; `ip` is 4 or 6. The packet is known to come from the sender.
 */
void gateway_take(struct network *network, struct member *sender, const uint8_t *frame, int ip, uint8_t protocol,
                  const uint8_t *payload, size_t length, uint64_t now);
