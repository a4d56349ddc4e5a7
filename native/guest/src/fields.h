#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages are lists of fields: key (u16), length (u32), bytes. A key may come again: then it is a list. */

enum hello_key { HELLO_VERSION = 1, HELLO_NONCE = 2, HELLO_STATE = 3, HELLO_IMAGE = 4 };

enum identify_key {
  IDENTIFY_SEED = 1,
  IDENTIFY_CLOCK = 2,
  IDENTIFY_HOSTNAME = 3,
  IDENTIFY_MACHINE_ID = 4,
  IDENTIFY_ADDRESS = 5,
  IDENTIFY_GATEWAY = 6,
  IDENTIFY_MTU = 7,
  IDENTIFY_INTERFACE = 8,
  IDENTIFY_MAC = 9,
};

enum process_key {
  PROCESS_ARG = 1,
  PROCESS_ENV = 2,
  PROCESS_CWD = 3,
  PROCESS_USER = 4,
  PROCESS_GROUP = 5,
  PROCESS_TTY = 6,
  PROCESS_STDIN = 7,
  PROCESS_PRIVILEGED = 8,
  START_RUN = 20,
  START_STDIN_ONCE = 21,
  START_HOSTNAME = 22,
  START_DOMAINNAME = 23,
  START_READ_ONLY = 24,
  START_RLIMIT = 26,
  START_CAPABILITY = 27,
  START_NO_NEW_PRIVILEGES = 28,
  START_INIT = 29,
  START_SHM_SIZE = 30,
  START_SYSCTL = 31,
  START_EXTRA_HOST = 32,
  START_DNS = 33,
  START_PIDS_LIMIT = 34,
  START_MOUNT = 40,
  NAMES_ADDRESS = 90,
  NAMES_SERVER = 91,
  START_MEMORY_LIMIT = 70,
  START_CPU_QUOTA = 71,
  START_DNS_SEARCH = 50,
  START_DNS_OPTION = 51,
  START_OOM_SCORE = 52,
  START_MASKED = 53,
  START_READ_ONLY_PATH = 54,
  START_DEVICE = 55,
  START_HOST_CGROUPS = 57,
  START_LOG_LIMIT = 58,
};

enum interface_key {
  INTERFACE_MAC = 1,
  INTERFACE_NAME = 2,
  INTERFACE_ADDRESS = 3,
  INTERFACE_MTU = 4,
  INTERFACE_GATEWAY = 5,
};

enum { ERROR_CODE = 1, ERROR_MESSAGE = 2 };
enum { EXIT_CODE = 1, EXIT_OOM_KILLED = 2 };
enum { RESIZE_COLUMNS = 1, RESIZE_ROWS = 2 };
enum { WINDOW_BYTES = 1, WINDOW_STREAM = 2 };
enum { SIGNAL_NAME = 1 };
enum { CONNECTION_SOCKET = 1 };

struct field {
  uint16_t key;
  uint32_t length;
  const uint8_t *value;
};

/* Reads the field at `*at` and moves on; false at the end. A message cut short ends there and sets `*broken`. */
bool field_next(const uint8_t *message, size_t length, size_t *at, struct field *field, bool *broken);

/* True where the message is whole. */
bool fields_valid(const uint8_t *message, size_t length);

/* The first field of that key. */
bool field_find(const uint8_t *message, size_t length, uint16_t key, struct field *field);

/* A copy that ends in NUL, for the caller to free; "" where there is none; NULL without memory or with a NUL inside. */
char *field_text(const uint8_t *message, size_t length, uint16_t key);
uint64_t field_number(const uint8_t *message, size_t length, uint16_t key, uint64_t otherwise);

/* All of that key, NULL at the end, one block for the caller to free; NULL without memory. */
char **field_texts(const uint8_t *message, size_t length, uint16_t key);

struct field_writer {
  uint8_t *data;
  size_t length;
  size_t room;
};

/* What does not fit is left out whole. */
void field_put(struct field_writer *writer, uint16_t key, const void *value, size_t length);
void field_put_u32(struct field_writer *writer, uint16_t key, uint32_t value);
void field_put_text(struct field_writer *writer, uint16_t key, const char *value);
