#include "guard.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"

#define LOAD(target, field) \
  {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = target, .src_reg = BPF_REG_1, .off = field}
#define LOAD_TIME(target, base, at) {.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = target, .src_reg = base, .off = at}
#define STORE(size, source, at) {.code = BPF_STX | BPF_MEM | size, .dst_reg = BPF_REG_10, .src_reg = source, .off = at}
/* Of a comparison that holds, the next instructions are left out. */
#define JUMP(comparison, source, value, skip) \
  {.code = comparison | BPF_K, .dst_reg = source, .off = skip, .imm = (int32_t)(value)}
#define JUMP_UNLESS(source, value, skip) JUMP(BPF_JMP32 | BPF_JNE, source, value, skip)
#define JUMP_IF(source, value, skip) JUMP(BPF_JMP32 | BPF_JEQ, source, value, skip)
#define SET(target, value) {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = target, .imm = value}
#define STACK(target, at) \
  {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = target, .src_reg = BPF_REG_10}, \
      {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = target, .imm = at}
#define MAP(target, fd) \
  {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = target, .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd}, { 0 }
#define CALL(function) {.code = BPF_JMP | BPF_CALL, .imm = function}
#define ANSWER(value) SET(BPF_REG_0, value)
#define EXIT {.code = BPF_JMP | BPF_EXIT}

enum { REFUSE = 0, ALLOW = 1 };
enum { PORTS_MAX = 32, CODE_MAX = 2 * PORTS_MAX + 64, PORT_DNS = 53 };
/* Where a program keeps a port and a time for the kernel's functions on maps. */
enum { PORT = -4, TIME = -16 };
/* Who asked is answered for about three minutes, as by any NAT: 168 * 2^30 ns. */
enum { ASKED_MAX = 4096, ANSWERED_FOR = 168, SECONDS_SHIFT = 30 };

struct code {
  struct bpf_insn insns[CODE_MAX];
  size_t count;
};

#define APPEND(code, ...) \
  append(code, (const struct bpf_insn[]){__VA_ARGS__}, sizeof((const struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))

static void append(struct code *code, const struct bpf_insn *insns, size_t count) {
  memcpy(code->insns + code->count, insns, count * sizeof *insns);
  code->count += count;
}

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int attach(int cgroup, enum bpf_attach_type type, const struct code *code) {
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
                         .expected_attach_type = type,
                         .insns = (uintptr_t)code->insns,
                         .insn_cnt = (uint32_t)code->count,
                         .license = (uintptr_t) "Apache-2.0"};
  SCOPED_FD int program = bpf(BPF_PROG_LOAD, &load);
  if (program < 0) return -1;
  union bpf_attr attributes = {
      .target_fd = (uint32_t)cgroup, .attach_bpf_fd = (uint32_t)program, .attach_type = type};
  return bpf(BPF_PROG_ATTACH, &attributes);
}

/* A port, and when a datagram last came from there. The oldest give way. */
static int make_map(void) {
  union bpf_attr attributes = {
      .map_type = BPF_MAP_TYPE_LRU_HASH, .key_size = 4, .value_size = 8, .max_entries = ASKED_MAX};
  return bpf(BPF_MAP_CREATE, &attributes);
}

/* What QEMU's user network has after its gateway, whether the container has its address yet or not. */
enum { NAME_SERVER = 1, OWN = 13 };

/* The user network's addresses, all in network order. */
struct addresses {
  uint32_t gateway, name_server, own;
};

/* Of the address in register 2 all is allowed that is not on the user network, and the container's own. */
static void match(struct code *code, const struct addresses *at) {
  const uint32_t mask = htonl(0xffffff00);
  APPEND(code, {.code = BPF_ALU | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_2},
         {.code = BPF_ALU | BPF_AND | BPF_K, .dst_reg = BPF_REG_3, .imm = (int32_t)mask},
         JUMP_IF(BPF_REG_3, at->gateway & mask, 1), EXIT, JUMP_UNLESS(BPF_REG_2, at->own, 1), EXIT);
}

static void match4(struct code *code, const struct addresses *at) {
  APPEND(code, ANSWER(ALLOW), LOAD(BPF_REG_2, offsetof(struct bpf_sock_addr, user_ip4)));
  match(code, at);
}

/* ::ffff:a.b.c.d is the same address to the kernel. */
static void match6(struct code *code, const struct addresses *at) {
  const size_t mapped = offsetof(struct bpf_sock_addr, user_ip6);
  APPEND(code, ANSWER(ALLOW), LOAD(BPF_REG_3, (int16_t)(mapped + 8)), JUMP_IF(BPF_REG_3, htonl(0xffff), 1), EXIT,
         LOAD(BPF_REG_2, (int16_t)(mapped + 12)));
  match(code, at);
}

/*
 * Whatever is sent to the user network goes to the host's loopback, but for what is sent to the name server: that goes
 * to the host's own, whose address may be of the loopback too. So of the one only names are asked, and to the gateway
 * go what is for a port that was named, and datagrams to who sent one.
 */
static void judge(struct code *code, const struct addresses *at, char **ports, int asked) {
  APPEND(code, LOAD(BPF_REG_4, offsetof(struct bpf_sock_addr, user_port)), JUMP_UNLESS(BPF_REG_2, at->name_server, 2),
         JUMP_UNLESS(BPF_REG_4, htons(PORT_DNS), 1), EXIT, JUMP_IF(BPF_REG_2, at->gateway, 2), ANSWER(REFUSE), EXIT);
  for (char **port = ports; *port != NULL && port - ports < PORTS_MAX; port++)
    APPEND(code, JUMP_UNLESS(BPF_REG_4, htons((uint16_t)atoi(*port)), 1), EXIT);
  APPEND(code, LOAD(BPF_REG_5, offsetof(struct bpf_sock_addr, protocol)), ANSWER(REFUSE),
         JUMP_IF(BPF_REG_5, IPPROTO_UDP, 1), EXIT);
  APPEND(code, STORE(BPF_W, BPF_REG_4, PORT), MAP(BPF_REG_1, asked), STACK(BPF_REG_2, PORT),
         CALL(BPF_FUNC_map_lookup_elem), JUMP(BPF_JMP | BPF_JNE, BPF_REG_0, 0, 1), EXIT);
  APPEND(code, LOAD_TIME(BPF_REG_6, BPF_REG_0, 0), CALL(BPF_FUNC_ktime_get_ns),
         {.code = BPF_ALU64 | BPF_SUB | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_6},
         {.code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = BPF_REG_0, .imm = SECONDS_SHIFT},
         JUMP(BPF_JMP | BPF_JLE, BPF_REG_0, ANSWERED_FOR, 2), ANSWER(REFUSE), EXIT, ANSWER(ALLOW), EXIT);
}

/* What the gateway sent is allowed, and remembered. */
static void remember(struct code *code, const struct addresses *at, int asked) {
  APPEND(code, JUMP_IF(BPF_REG_2, at->gateway, 1), EXIT, LOAD(BPF_REG_4, offsetof(struct bpf_sock_addr, user_port)), STORE(BPF_W, BPF_REG_4, PORT),
         CALL(BPF_FUNC_ktime_get_ns), STORE(BPF_DW, BPF_REG_0, TIME), MAP(BPF_REG_1, asked), STACK(BPF_REG_2, PORT),
         STACK(BPF_REG_3, TIME), SET(BPF_REG_4, BPF_ANY), CALL(BPF_FUNC_map_update_elem), ANSWER(ALLOW), EXIT);
}

int guard_gateway(const char *path, const char *gateway, char **ports, struct failure *failure) {
  struct in_addr address;
  if (inet_pton(AF_INET, gateway, &address) != 1) return fail(failure, "GUEST_ERROR", "invalid gateway %s", gateway);
  const uint32_t first = ntohl(address.s_addr);
  const struct addresses at = {address.s_addr, htonl(first + NAME_SERVER), htonl(first + OWN)};
  SCOPED_FD int asked = make_map();
  SCOPED_FD int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct code send4 = {0}, send6 = {0}, receive4 = {0}, receive6 = {0};
  match4(&send4, &at);
  match6(&send6, &at);
  match4(&receive4, &at);
  match6(&receive6, &at);
  judge(&send4, &at, ports, asked);
  judge(&send6, &at, ports, asked);
  remember(&receive4, &at, asked);
  remember(&receive6, &at, asked);
  if (asked < 0 || cgroup < 0 || attach(cgroup, BPF_CGROUP_INET4_CONNECT, &send4) < 0 ||
      attach(cgroup, BPF_CGROUP_UDP4_SENDMSG, &send4) < 0 || attach(cgroup, BPF_CGROUP_INET6_CONNECT, &send6) < 0 ||
      attach(cgroup, BPF_CGROUP_UDP6_SENDMSG, &send6) < 0 || attach(cgroup, BPF_CGROUP_UDP4_RECVMSG, &receive4) < 0 ||
      attach(cgroup, BPF_CGROUP_UDP6_RECVMSG, &receive6) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot bar the container from the host's own network");
  return 0;
}
