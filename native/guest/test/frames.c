#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "link.h"
#include "test.h"

static void resynchronises(void) {
  static struct frame_reader reader;
  struct frame frame = {.type = FRAME_STDIN, .channel = 3, .length = 5, .payload = (const uint8_t *)"hello"};
  uint8_t bytes[64];
  size_t total = frame_encode(bytes, &frame);
  /* The first half of a frame, the zeros with which a new connection begins, and a whole frame. */
  reader.length = 0;
  memcpy(reader.data, bytes, 18);
  memset(reader.data + 18, 0, 100);
  memcpy(reader.data + 118, bytes, total);
  reader.length = 118 + total;
  CHECK(frame_reader_peek(&reader, &frame));
  CHECK(frame.channel == 3 && frame.length == 5 && memcmp(frame.payload, "hello", 5) == 0);
  frame_reader_next(&reader);
  CHECK(!frame_reader_peek(&reader, &frame) && reader.length == 0);
}

static void refuses_what_is_too_long(void) {
  static struct frame_reader reader;
  struct frame frame;
  memset(reader.data, 0xa5, sizeof reader.data);
  reader.length = sizeof reader.data;
  CHECK(!frame_reader_peek(&reader, &frame));
  CHECK(frame_reader_room(&reader) > 0);
}

static void link_passes_over_endless_messages(void) {
  static struct link link;
  static uint8_t payload[FRAME_PAYLOAD_MAX], bytes[FRAME_MAX];
  int ends[2];
  CHECK(pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0);
  link_open(&link, ends[0]);
  struct frame frame = {.type = FRAME_EXEC, .flags = FRAME_MORE, .channel = 2, .length = sizeof payload, .payload = payload};
  for (int i = 0; i < MESSAGE_MAX / FRAME_PAYLOAD_MAX + 8; i++) {
    size_t total = frame_encode(bytes, &frame);
    struct frame message;
    CHECK(write(ends[1], bytes, total) == (ssize_t)total);
    while (link_receive(&link), link_next(&link, &message)) CHECK(false);
  }
  CHECK(link.message_length <= MESSAGE_MAX);
  link_reset(&link);
  close(ends[0]);
  close(ends[1]);
}

void test_frames(void) {
  resynchronises();
  refuses_what_is_too_long();
  link_passes_over_endless_messages();
}
