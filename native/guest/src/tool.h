#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "failure.h"
#include "process.h"

/* Works of the agent on the container's files and processes; docs/guest-protocol.md lists them. */

/* Each runs in a child of its own with standard streams. Arguments end in NULL; 0, or -1 and why. */
typedef int tool_function(char **arguments, struct failure *failure);

tool_function tool_stat, tool_list, tool_read, tool_write, tool_export, tool_changes, tool_layer, tool_processes,
    tool_statistics, tool_ports;

/* Starts the tool that `argv` names; `running` says whether the container has namespaces to enter. */
int tool_start(struct processes *processes, uint32_t channel, char **argv, bool running, struct failure *failure);
/* Whatever became of a tool, the container's processes go on. */
void tool_ended(void);
