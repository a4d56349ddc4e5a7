#include "fields.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { FIELD_HEADER = 6 };

bool field_next(const uint8_t *message, size_t length, size_t *at, struct field *field, bool *broken) {
  if (*at == length) return false;
  if (length - *at < FIELD_HEADER) {
    *broken = true;
    return false;
  }
  field->key = get_u16(message + *at);
  field->length = get_u32(message + *at + 2);
  if (field->length > length - *at - FIELD_HEADER) {
    *broken = true;
    return false;
  }
  field->value = message + *at + FIELD_HEADER;
  *at += FIELD_HEADER + field->length;
  return true;
}

bool fields_valid(const uint8_t *message, size_t length) {
  size_t at = 0;
  struct field field;
  bool broken = false;
  while (field_next(message, length, &at, &field, &broken)) continue;
  return !broken;
}

bool field_find(const uint8_t *message, size_t length, uint16_t key, struct field *field) {
  size_t at = 0;
  bool broken = false;
  while (field_next(message, length, &at, field, &broken)) {
    if (field->key == key) return true;
  }
  return false;
}

char *field_text(const uint8_t *message, size_t length, uint16_t key) {
  struct field field = {.value = (const uint8_t *)"", .length = 0};
  if (!field_find(message, length, key, &field)) field = (struct field){.value = (const uint8_t *)""};
  if (memchr(field.value, 0, field.length) != NULL) return NULL;
  return strndup((const char *)field.value, field.length);
}

uint64_t field_number(const uint8_t *message, size_t length, uint16_t key, uint64_t otherwise) {
  struct field field;
  if (!field_find(message, length, key, &field)) return otherwise;
  uint64_t value = 0;
  for (uint32_t i = 0; i < field.length && i < 8; i++) value |= (uint64_t)field.value[i] << (8 * i);
  return value;
}

char **field_texts(const uint8_t *message, size_t length, uint16_t key) {
  size_t count = 0;
  size_t bytes = 0;
  size_t at = 0;
  bool broken = false;
  struct field field;
  while (field_next(message, length, &at, &field, &broken)) {
    if (field.key != key) continue;
    count++;
    bytes += field.length + 1;
  }
  /* One byte more: a pair whose second half is missing still ends. */
  char **list = calloc(1, (count + 1) * sizeof *list + bytes + 1);
  if (list == NULL) return NULL;
  char *text = (char *)(list + count + 1);
  size_t index = 0;
  at = 0;
  while (field_next(message, length, &at, &field, &broken)) {
    if (field.key != key) continue;
    memcpy(text, field.value, field.length);
    text[field.length] = 0;
    list[index++] = text;
    text += field.length + 1;
  }
  list[index] = NULL;
  return list;
}

void field_put(struct field_writer *writer, uint16_t key, const void *value, size_t length) {
  if (writer->room - writer->length < FIELD_HEADER + length) return;
  uint8_t *out = writer->data + writer->length;
  put_u16(out, key);
  put_u32(out + 2, (uint32_t)length);
  if (length > 0) memcpy(out + FIELD_HEADER, value, length);
  writer->length += FIELD_HEADER + length;
}

void field_put_u32(struct field_writer *writer, uint16_t key, uint32_t value) {
  uint8_t bytes[4];
  put_u32(bytes, value);
  field_put(writer, key, bytes, sizeof bytes);
}

void field_put_text(struct field_writer *writer, uint16_t key, const char *value) {
  field_put(writer, key, value, strlen(value));
}
