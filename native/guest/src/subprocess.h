#pragma once
#include "failure.h"

/*
 * Does the work in a child of the agent, whose root and namespaces may become others, and waits for its end. Where it
 * ends without a word the failure is `otherwise`.
 */
int subprocess(int (*work)(const void *data, struct failure *failure), const void *data, const char *otherwise,
               struct failure *failure);
