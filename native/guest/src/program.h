#pragma once
#include "failure.h"

/*
 * Replaces the process by the program, looked up in $PATH where its name has no slash. Returns only on failure:
 * COMMAND_NOT_FOUND or COMMAND_NOT_EXECUTABLE, in the words that Docker's users know.
 */
void program_execute(char *const *argv, struct failure *failure);
