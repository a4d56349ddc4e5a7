#include "log.h"

#include <string.h>
#include <time.h>

#include "bytes.h"
#include "file.h"
#include "frame.h"

size_t log_encode(uint8_t *out, enum log_type type, uint64_t time, const void *payload, size_t length) {
  memcpy(out, "RLOG", 4);
  out[4] = (uint8_t)type;
  memset(out + 5, 0, 3);
  put_u32(out + 8, (uint32_t)length);
  put_u64(out + 12, time);
  put_u32(out + 20, crc32_update(crc32_update(0, out, 20), payload, length));
  memcpy(out + LOG_HEADER, payload, length);
  return LOG_HEADER + length;
}

void log_write(int fd, enum log_type type, const void *payload, size_t length) {
  uint8_t record[LOG_HEADER + LOG_PAYLOAD_MAX];
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  uint64_t time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
  size_t total = log_encode(record, type, time, payload, length);
  (void)write_all(fd, record, total);
}

void log_start(int fd, uint32_t run) {
  uint8_t payload[4];
  put_u32(payload, run);
  log_write(fd, LOG_START, payload, sizeof payload);
}

void log_exit(int fd, uint32_t run, uint32_t code, bool oom_killed) {
  uint8_t payload[12];
  put_u32(payload, run);
  put_u32(payload + 4, code);
  put_u32(payload + 8, oom_killed);
  log_write(fd, LOG_EXIT, payload, sizeof payload);
}
