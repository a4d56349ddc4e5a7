#pragma once
#include "network.h"

/*
 * What becomes of a frame that a member sent: it goes on to whom it is for, the switch answers it itself, or it is
 * dropped, as is everything that is not certainly right: forged, malformed, or of a kind that no container needs.
 */
void forward(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now);

/* Whether the switch may answer once more: questions are bounded, as they cost more than frames. */
bool may_ask(struct member *sender, uint64_t now);
/* To a member, from the gateway. */
void answer(const struct network *network, struct member *member, const uint8_t *frame, size_t length, uint64_t now);
/* To all but the sender, bounded. */
void flood(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now);
/* The member that the frame is addressed to, where it may be reached by the sender. */
struct member *receiver_of(struct network *network, const struct member *sender, const uint8_t *frame);

void forward_arp(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now);
void forward_ip4(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now);
void forward_ip6(struct network *network, struct member *sender, const uint8_t *frame, size_t length, uint64_t now);
/* A neighbour solicitation; `icmp` is its ICMP part. */
void answer_solicitation(struct network *network, struct member *sender, const uint8_t *frame, const uint8_t *icmp,
                         size_t length, uint64_t now);
