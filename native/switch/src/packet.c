#include "packet.h"

uint32_t sum_bytes(uint32_t sum, const uint8_t *data, size_t length) {
  for (; length > 1; data += 2, length -= 2) sum += get16(data);
  return length == 1 ? sum + ((uint32_t)data[0] << 8) : sum;
}

uint16_t checksum(uint32_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

uint16_t transport_checksum(const uint8_t *addresses, size_t address_bytes, uint8_t protocol, const uint8_t *data,
                            size_t length) {
  uint32_t sum = sum_bytes((uint32_t)protocol + (uint32_t)length, addresses, address_bytes);
  uint16_t result = checksum(sum_bytes(sum, data, length));
  /* In UDP nought stands for none at all. */
  return result == 0 ? 0xffff : result;
}
