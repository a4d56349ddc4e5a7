#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fields.h"
#include "log.h"
#include "process.h"

static void close_stream(struct process *process, enum stream stream) {
  if (process->fds[stream] >= 0) close(process->fds[stream]);
  process->fds[stream] = -1;
}

void stream_grant(struct link *link, uint32_t channel, size_t bytes) {
  uint8_t payload[32];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  field_put_u32(&writer, WINDOW_BYTES, (uint32_t)bytes);
  field_put_u32(&writer, WINDOW_STREAM, STREAM_IN);
  link_send(link, FRAME_WINDOW, channel, payload, writer.length);
}

void stream_send_end(struct link *link, uint32_t channel, uint32_t stream) {
  uint8_t payload[16];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  field_put_u32(&writer, WINDOW_STREAM, stream);
  link_send(link, FRAME_STREAM_END, channel, payload, writer.length);
}

static void write_input(struct processes *processes, struct process *process) {
  int fd = process->fds[STREAM_IN];
  size_t given = 0;
  while (fd >= 0 && given < process->input_length) {
    ssize_t written = write(fd, process->input + given, process->input_length - given);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) break;
    /* It reads no more: what is left has nowhere to go. */
    if (written < 0) close_stream(process, STREAM_IN);
    given = written < 0 ? process->input_length : given + (size_t)written;
    fd = process->fds[STREAM_IN];
  }
  if (fd < 0) given = process->input_length;
  if (given > 0) {
    process->input_length -= given;
    memmove(process->input, process->input + given, process->input_length);
    stream_grant(processes->link, process->channel, given);
  }
  if (process->input_length == 0) {
    free(process->input);
    process->input = NULL;
    if (process->input_ends) close_stream(process, STREAM_IN);
  }
}

void process_input(struct processes *processes, struct process *process, const void *data, size_t length, bool end) {
  size_t total = process->input_length + length;
  if (length > 0 && !process->input_ends && total <= WINDOW_INITIAL) {
    uint8_t *larger = realloc(process->input, total);
    if (larger != NULL) {
      memcpy(larger + process->input_length, data, length);
      process->input = larger;
      process->input_length = total;
    }
  }
  /* A terminal has no end of its own: its end of file is a character. */
  if (end && process->fds[STREAM_IN] >= 0 && isatty(process->fds[STREAM_IN])) {
    process_input(processes, process, "\004", 1, false);
  } else if (end) {
    process->input_ends = true;
  }
  write_input(processes, process);
}

static bool may_send(const struct process *process, enum stream stream) { return process->credit[stream] > 0; }

static void charge(struct process *process, enum stream stream, size_t length) {
  uint32_t *credit = &process->credit[stream];
  if (*credit != CREDIT_UNLIMITED) *credit -= length > *credit ? *credit : (uint32_t)length;
}

static void pass_on(struct processes *processes, struct process *process, enum stream stream, const uint8_t *data,
                    size_t length) {
  charge(process, stream, length);
  if (process->first) {
    log_write(processes->log, stream == STREAM_OUT ? LOG_STDOUT : LOG_STDERR, data, length);
    return;
  }
  link_send(processes->link, stream == STREAM_OUT ? FRAME_STDOUT : FRAME_STDERR, process->channel, data, length);
}

static void end_stream(struct processes *processes, struct process *process, enum stream stream) {
  close_stream(process, stream);
  if (!process->first) stream_send_end(processes->link, process->channel, stream);
}

static void read_output(struct processes *processes, struct process *process, enum stream stream) {
  static uint8_t data[LOG_PAYLOAD_MAX];
  /* A few pieces at a time, so that a flood on one stream does not starve the others. */
  for (int turn = 0; turn < 8 && process->fds[stream] >= 0 && may_send(process, stream); turn++) {
    size_t room = process->credit[stream] > sizeof data ? sizeof data : process->credit[stream];
    ssize_t got = read(process->fds[stream], data, room);
    if (got < 0 && errno == EINTR) continue;
    /* Whoever inherited the stream of a process that has ended is not waited for. */
    if (got < 0 && errno == EAGAIN && !process->exited) return;
    if (got <= 0)
      end_stream(processes, process, stream);
    else
      pass_on(processes, process, stream, data, (size_t)got);
  }
}

void process_serve(struct processes *processes, struct process *process) {
  if (process->input_length > 0) write_input(processes, process);
  read_output(processes, process, STREAM_OUT);
  read_output(processes, process, STREAM_ERR);
}

size_t process_poll(const struct process *process, struct pollfd *out) {
  size_t count = 0;
  if (process->fds[STREAM_IN] >= 0 && process->input_length > 0)
    out[count++] = (struct pollfd){.fd = process->fds[STREAM_IN], .events = POLLOUT};
  for (int stream = STREAM_OUT; stream <= STREAM_ERR; stream++) {
    if (process->fds[stream] >= 0 && may_send(process, (enum stream)stream))
      out[count++] = (struct pollfd){.fd = process->fds[stream], .events = POLLIN};
  }
  return count;
}

bool process_done(const struct process *process) {
  return process->exited && process->fds[STREAM_OUT] < 0 && process->fds[STREAM_ERR] < 0;
}
