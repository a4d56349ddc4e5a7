#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Records of the log port. QEMU appends them to a file, so they must be found again by themselves:
 * magic "RLOG", type u8, three zero bytes, length u32, time u64 (Unix nanoseconds), CRC-32 u32 of all before and of
 * the payload, payload.
 */
enum { LOG_HEADER = 24, LOG_PAYLOAD_MAX = 16384 };

enum log_type { LOG_STDOUT = 1, LOG_STDERR = 2, LOG_START = 3, LOG_EXIT = 4 };

/* Writes one record to `out`, which has room for LOG_HEADER + length; answers the bytes written. */
size_t log_encode(uint8_t *out, enum log_type type, uint64_t time, const void *payload, size_t length);

/* Blocks until QEMU has taken it. What cannot be written is lost: there is nowhere to say so. */
void log_write(int fd, enum log_type type, const void *payload, size_t length);
void log_start(int fd, uint32_t run);
void log_exit(int fd, uint32_t run, uint32_t code, bool oom_killed);
