#pragma once
#include "network.h"

/* A member's end of the wire: a datagram socket here, another in its VM's QEMU. */

/* Makes and binds its socket. -1 with errno. */
int port_open(const struct network *network, struct member *member);
/* Removes its files. */
void port_remove_files(const struct network *network, const struct member *member);

/* Bits a second in each direction; 0: no bound. */
void port_set_rate(struct member *member, uint64_t bits, uint64_t now);

/* The next frame that the member sent, or 0 where there is none, or it may not send now. */
size_t port_receive(struct member *member, uint8_t *frame, size_t room, uint64_t now);
bool port_may_receive(struct member *member, uint64_t now);

/* Sends a frame, or has it wait; what no longer fits is dropped. `from` is the sender's place in the table. */
void port_send(const struct network *network, struct member *member, uint16_t from, const uint8_t *frame, size_t length,
               uint64_t now);
/* Sends what waits, as far as it goes. */
void port_flush(const struct network *network, struct member *member, uint64_t now);
/* Whether it waits for its VM to take frames, not for its rate. */
bool port_wants_write(struct member *member, uint64_t now);
/* Nanoseconds until its rate lets something happen that waits for it; UINT64_MAX where nothing does. */
uint64_t port_wait(struct member *member, uint64_t now);
