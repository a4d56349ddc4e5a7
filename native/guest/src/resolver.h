#pragma once
#include "failure.h"

/*
 * Answers names on 127.0.0.11, as Docker does: the name servers of the container's networks are asked first, each of
 * which refuses what it does not know, then those of the outside, if there are any. A child of the agent does the work;
 * called again, another one takes over.
 */
int resolver_start(char **servers, char **outside, struct failure *failure);

/* The child's parts. Servers are asked in their order; the first `inside` are those of networks. */
enum { RESOLVER_SERVERS = 24, RESOLVER_MESSAGE = 4096 };

struct resolver {
  /* Connected to a server each. */
  int servers[RESOLVER_SERVERS];
  const char *names[RESOLVER_SERVERS];
  int count, inside;
};

enum { DNS_HEADER = 12, DNS_SERVER_FAILURE = 2, DNS_NO_SUCH_NAME = 3, DNS_REFUSED = 5 };

/* -1 where there is no way to it. */
int resolver_connect(const char *server, int type);
/* Whether an answer of that server is the end of the question. */
int resolver_settles(const struct resolver *resolver, int server, const unsigned char *answer);
/* Makes an answer without records of the question itself; answers its length. */
int resolver_give_up(const struct resolver *resolver, unsigned char *message, int length);
/* Serves one connection over TCP to its end, in a process of its own. */
_Noreturn void resolver_serve_stream(const struct resolver *resolver, int client);
