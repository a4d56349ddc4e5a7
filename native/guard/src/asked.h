#pragma once
#include "place.h"

/* Who sent datagrams to which socket lately: they are answered, for three minutes after the last one, as by any NAT. */
enum { ASKED_MAX = 1024, ANSWERED_FOR = 180 };

/* `now` in seconds, of any clock that only goes on. The oldest is forgotten where there is no room. */
void asked_remember(int fd, const struct place *from, uint64_t now);
bool asked_lately(int fd, const struct place *from, uint64_t now);
