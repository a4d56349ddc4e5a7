#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The frames of the agent link; docs/guest-protocol.md says what each means. */

enum {
  PROTOCOL_VERSION = 1,
  FRAME_MARKER = 0xa5,
  FRAME_HEADER = 16,
  FRAME_PAYLOAD_MAX = 16384,
  FRAME_MAX = FRAME_HEADER + FRAME_PAYLOAD_MAX,
  MESSAGE_MAX = 1 << 20,
  WINDOW_INITIAL = 65536,
};

enum frame_type {
  FRAME_HELLO = 1,
  FRAME_IDENTIFY = 2,
  FRAME_START = 3,
  FRAME_EXEC = 4,
  FRAME_SIGNAL = 5,
  FRAME_RESIZE = 6,
  FRAME_STDIN = 7,
  FRAME_STDIN_END = 8,
  FRAME_WINDOW = 9,
  FRAME_MOUNT = 10,
  FRAME_TOOL = 11,
  FRAME_FINISH = 12,
  FRAME_HANG_UP = 13,
  FRAME_ACCEPT = 14,
  FRAME_INTERFACE = 16,
  FRAME_INTERFACE_GONE = 17,
  FRAME_NAMES = 18,
  FRAME_HOLD = 19,
  FRAME_RELEASE = 20,
  FRAME_WAKE = 21,
  FRAME_LIMIT = 22,
  FRAME_REHEARSE = 23,
  FRAME_PREPARE = 24,
  FRAME_LET_GO = 25,
  FRAME_CLOCK = 26,
  FRAME_HELLO_REPLY = 65,
  FRAME_OK = 66,
  FRAME_ERROR = 67,
  FRAME_STDOUT = 68,
  FRAME_STDERR = 69,
  FRAME_STREAM_END = 70,
  FRAME_EXIT = 71,
  FRAME_CONNECTION = 72,
  FRAME_HUNG_UP = 73,
};

enum { FRAME_MORE = 1 };

struct frame {
  uint8_t type;
  uint8_t flags;
  uint32_t channel;
  uint32_t length;
  const uint8_t *payload;
};

uint32_t crc32_update(uint32_t crc, const void *data, size_t length);

/* Writes header and payload to `out`, which has room for FRAME_HEADER + length; answers the bytes written. */
size_t frame_encode(uint8_t *out, const struct frame *frame);

/* Takes bytes as they come, of whatever sender: at most one frame is held. */
struct frame_reader {
  uint8_t data[FRAME_MAX];
  size_t length;
};

/* How many bytes may be appended at `data + length` now. */
size_t frame_reader_room(const struct frame_reader *reader);

/*
 * Finds the next whole frame and says so. Bytes that are no frame are passed over: a connection that broke in the
 * middle of one is followed by another that begins with zeros. `frame->payload` holds until frame_reader_next.
 */
bool frame_reader_peek(struct frame_reader *reader, struct frame *frame);
void frame_reader_next(struct frame_reader *reader);
