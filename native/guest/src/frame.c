#include "frame.h"

#include <string.h>

#include "bytes.h"

/* The CRC of zlib and Ethernet (IEEE 802.3), a nibble at a time. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t length) {
  static const uint32_t table[16] = {
      0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
      0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };
  const uint8_t *bytes = data;
  crc = ~crc;
  for (size_t i = 0; i < length; i++) {
    crc ^= bytes[i];
    crc = (crc >> 4) ^ table[crc & 15];
    crc = (crc >> 4) ^ table[crc & 15];
  }
  return ~crc;
}

size_t frame_encode(uint8_t *out, const struct frame *frame) {
  out[0] = FRAME_MARKER;
  out[1] = frame->type;
  out[2] = frame->flags;
  out[3] = 0;
  put_u32(out + 4, frame->channel);
  put_u32(out + 8, frame->length);
  uint32_t crc = crc32_update(0, out, 12);
  put_u32(out + 12, crc32_update(crc, frame->payload, frame->length));
  if (frame->length > 0) memmove(out + FRAME_HEADER, frame->payload, frame->length);
  return FRAME_HEADER + frame->length;
}

size_t frame_reader_room(const struct frame_reader *reader) {
  return sizeof reader->data - reader->length;
}

static void drop(struct frame_reader *reader, size_t count) {
  reader->length -= count;
  memmove(reader->data, reader->data + count, reader->length);
}

static bool header_valid(const uint8_t *header) {
  return header[0] == FRAME_MARKER && header[3] == 0 && get_u32(header + 8) <= FRAME_PAYLOAD_MAX;
}

bool frame_reader_peek(struct frame_reader *reader, struct frame *frame) {
  for (;;) {
    size_t skip = 0;
    while (skip < reader->length && reader->data[skip] != FRAME_MARKER) skip++;
    if (skip > 0) drop(reader, skip);
    if (reader->length < FRAME_HEADER) return false;
    if (!header_valid(reader->data)) {
      drop(reader, 1);
      continue;
    }
    uint32_t length = get_u32(reader->data + 8);
    if (reader->length < FRAME_HEADER + length) return false;
    uint32_t crc = crc32_update(0, reader->data, 12);
    if (crc32_update(crc, reader->data + FRAME_HEADER, length) != get_u32(reader->data + 12)) {
      drop(reader, 1);
      continue;
    }
    frame->type = reader->data[1];
    frame->flags = reader->data[2];
    frame->channel = get_u32(reader->data + 4);
    frame->length = length;
    frame->payload = reader->data + FRAME_HEADER;
    return true;
  }
}

void frame_reader_next(struct frame_reader *reader) {
  drop(reader, FRAME_HEADER + get_u32(reader->data + 8));
}
