#include "gate.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test.h"

enum { MILLISECOND_NS = 1000000, RATE_BITS = 20000000, SECONDS = 20, UP_FROM = 0, UP_TO = 1 };

/* A gate, and what stands in for QEMU: the sockets that it listens on, and the other ends of the gate's. */
struct scene {
  struct network network;
  struct gate *gate;
  int listening[GATE_SOCKETS], qemu[GATE_SOCKETS];
};

static const char *const names[GATE_SOCKETS] = {"up-from", "up-to", "down-from", "down-to"};

static void scene_listen(struct scene *scene, size_t at) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s/one.%s", scene->network.folder, names[at]);
  scene->listening[at] = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(bind(scene->listening[at], (struct sockaddr *)&address, sizeof address) == 0);
  CHECK(listen(scene->listening[at], 1) == 0);
}

static void scene_open(struct scene *scene) {
  *scene = (struct scene){0};
  strcpy(scene->network.folder, "/tmp/ramet-gate-XXXXXX");
  CHECK(mkdtemp(scene->network.folder) != NULL);
  scene->gate = gate_add(&scene->network, "one");
  gate_set_rate(scene->gate, RATE_BITS, 1);
  gate_serve(&scene->network, scene->gate, 1);
  CHECK(scene->gate->lanes[0].from < 0);
  for (size_t at = 0; at < GATE_SOCKETS; at++) scene_listen(scene, at);
  struct pollfd fds[GATE_SOCKETS];
  CHECK(gate_poll(scene->gate, fds, 1) < SECOND_NS);
  gate_serve(&scene->network, scene->gate, SECOND_NS);
  for (size_t at = 0; at < GATE_SOCKETS; at++) scene->qemu[at] = accept(scene->listening[at], NULL, NULL);
  CHECK(scene->gate->lanes[1].to >= 0);
}

static void scene_close(struct scene *scene) {
  gate_remove(&scene->network, scene->gate);
  for (size_t at = 0; at < GATE_SOCKETS; at++) {
    close(scene->qemu[at]);
    close(scene->listening[at]);
  }
  CHECK(rmdir(scene->network.folder) == 0);
}

static void put(struct scene *scene, const void *frame, uint32_t length) {
  static uint8_t data[LANE_HEADER + 2 * FRAME_LIMIT];
  uint32_t header = htonl(length);
  memcpy(data, &header, LANE_HEADER);
  memcpy(data + LANE_HEADER, frame, length);
  CHECK(send(scene->qemu[UP_FROM], data, LANE_HEADER + length, MSG_DONTWAIT) == (ssize_t)(LANE_HEADER + length));
}

/* Bytes of frames that came back, their headers left out. */
static size_t came(struct scene *scene, size_t frame) {
  static uint8_t data[1 << 20];
  size_t bytes = 0;
  ssize_t got;
  while ((got = recv(scene->qemu[UP_TO], data, sizeof data, MSG_DONTWAIT)) > 0) bytes += (size_t)got;
  return bytes * frame / (frame + LANE_HEADER);
}

/* Whatever is sent, only so much comes through; what comes in pieces is put together. */
static void test_rate(size_t length) {
  static struct scene scene;
  static uint8_t frame[FRAME_LIMIT];
  scene_open(&scene);
  size_t bytes = 0;
  const uint64_t begin = SECOND_NS, end = begin + (uint64_t)SECONDS * SECOND_NS;
  for (uint64_t now = begin; now < end; now += MILLISECOND_NS) {
    if (scene.gate->lanes[0].queue.bytes < 1 << 17) {
      for (size_t i = 0; i < (1 << 12) / length + 1; i++) put(&scene, frame, (uint32_t)length);
    }
    gate_serve(&scene.network, scene.gate, now);
    bytes += came(&scene, length);
  }
  double part = (double)bytes / ((double)RATE_BITS / 8 * SECONDS);
  CHECK(part > 0.97 && part < 1.03);
  CHECK(scene.gate->lanes[0].dropped == 0);
  scene_close(&scene);
}

static void test_pieces(void) {
  static struct scene scene;
  scene_open(&scene);
  const uint8_t pieces[] = {0, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0, 0, 0, 0, 0, 1, 'd'};
  uint8_t back[64];
  for (size_t i = 0; i < sizeof pieces; i++) {
    CHECK(send(scene.qemu[UP_FROM], pieces + i, 1, 0) == 1);
    gate_serve(&scene.network, scene.gate, 2 * (uint64_t)SECOND_NS);
  }
  CHECK(recv(scene.qemu[UP_TO], back, sizeof back, MSG_DONTWAIT) == 12);
  CHECK(memcmp(back, "\0\0\0\3abc\0\0\0\1d", 12) == 0);
  /* One that is too long is passed over, the next one is not. */
  static uint8_t long_frame[FRAME_LIMIT + 5];
  put(&scene, long_frame, sizeof long_frame);
  put(&scene, "e", 1);
  gate_serve(&scene.network, scene.gate, 2 * (uint64_t)SECOND_NS);
  CHECK(recv(scene.qemu[UP_TO], back, sizeof back, MSG_DONTWAIT) == 5 && back[4] == 'e');
  CHECK(scene.gate->lanes[0].dropped == 1);
  scene_close(&scene);
}

/* What is never let go stays bounded, QEMU is not held up, and one that comes again is joined anew. */
static void test_flood(void) {
  static struct scene scene;
  static uint8_t frame[60000];
  scene_open(&scene);
  for (int i = 0; i < 200; i++) {
    put(&scene, frame, sizeof frame);
    gate_serve(&scene.network, scene.gate, SECOND_NS);
  }
  const struct lane *up = &scene.gate->lanes[0];
  CHECK(up->dropped > 0 && up->queue.bytes <= up->queue_limit);
  close(scene.qemu[UP_FROM]);
  gate_serve(&scene.network, scene.gate, SECOND_NS + 1);
  CHECK(up->from < 0 && up->queue.first == NULL);
  gate_serve(&scene.network, scene.gate, 2 * (uint64_t)SECOND_NS);
  CHECK(up->from >= 0);
  scene_close(&scene);
}

void test_gate(void) {
  test_rate(60);
  test_rate(1514);
  test_rate(60000);
  test_pieces();
  test_flood();
}
