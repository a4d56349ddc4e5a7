#include "guard.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"

#define LOAD(target, field) \
  {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = target, .src_reg = BPF_REG_1, .off = field}
#define JUMP_UNLESS(source, value, skip) \
  {.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = source, .off = skip, .imm = (int32_t)(value)}
#define JUMP_IF(source, value, skip) \
  {.code = BPF_JMP32 | BPF_JEQ | BPF_K, .dst_reg = source, .off = skip, .imm = (int32_t)(value)}
#define ANSWER(value) {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = value}
#define EXIT {.code = BPF_JMP | BPF_EXIT}

enum { REFUSE = 0, ALLOW = 1 };

static int bpf(enum bpf_cmd command, union bpf_attr *attributes) {
  return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static int attach(int cgroup, enum bpf_attach_type type, const struct bpf_insn *code, size_t count) {
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
                         .expected_attach_type = type,
                         .insns = (uintptr_t)code,
                         .insn_cnt = (uint32_t)count,
                         .license = (uintptr_t) "Apache-2.0"};
  SCOPED_FD int program = bpf(BPF_PROG_LOAD, &load);
  if (program < 0) return -1;
  union bpf_attr attributes = {
      .target_fd = (uint32_t)cgroup, .attach_bpf_fd = (uint32_t)program, .attach_type = type};
  return bpf(BPF_PROG_ATTACH, &attributes);
}

enum { PORTS_MAX = 32, PREAMBLE_MAX = 8 };

/* To the gateway and a port that was named: allowed. Both versions have the port in one place. */
static size_t allow_ports(struct bpf_insn *code, size_t count, char **ports) {
  code[count++] = (struct bpf_insn)LOAD(BPF_REG_4, offsetof(struct bpf_sock_addr, user_port));
  for (char **port = ports; *port != NULL && port - ports < PORTS_MAX; port++) {
    /* The next instruction but one where it is another port. */
    code[count++] = (struct bpf_insn)JUMP_UNLESS(BPF_REG_4, htons((uint16_t)atoi(*port)), 1);
    code[count++] = (struct bpf_insn)EXIT;
  }
  code[count++] = (struct bpf_insn)ANSWER(REFUSE);
  code[count++] = (struct bpf_insn)EXIT;
  return count;
}

int guard_gateway(const char *path, const char *gateway, char **ports, struct failure *failure) {
  struct in_addr address;
  if (inet_pton(AF_INET, gateway, &address) != 1) return fail(failure, "GUEST_ERROR", "invalid gateway %s", gateway);
  const size_t mapped = offsetof(struct bpf_sock_addr, user_ip6);
  struct bpf_insn version4[PREAMBLE_MAX + 2 * PORTS_MAX + 4] = {
      ANSWER(ALLOW),
      LOAD(BPF_REG_2, offsetof(struct bpf_sock_addr, user_ip4)),
      JUMP_IF(BPF_REG_2, address.s_addr, 1),
      EXIT,
  };
  /* ::ffff:a.b.c.d is the same address to the kernel. */
  struct bpf_insn version6[PREAMBLE_MAX + 2 * PORTS_MAX + 4] = {
      ANSWER(ALLOW),
      LOAD(BPF_REG_2, (int16_t)(mapped + 8)),
      LOAD(BPF_REG_3, (int16_t)(mapped + 12)),
      JUMP_IF(BPF_REG_2, htonl(0xffff), 1),
      EXIT,
      JUMP_IF(BPF_REG_3, address.s_addr, 1),
      EXIT,
  };
  const size_t count4 = allow_ports(version4, 4, ports), count6 = allow_ports(version6, 7, ports);
  SCOPED_FD int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0 || attach(cgroup, BPF_CGROUP_INET4_CONNECT, version4, count4) < 0 ||
      attach(cgroup, BPF_CGROUP_UDP4_SENDMSG, version4, count4) < 0 ||
      attach(cgroup, BPF_CGROUP_INET6_CONNECT, version6, count6) < 0 ||
      attach(cgroup, BPF_CGROUP_UDP6_SENDMSG, version6, count6) < 0)
    return fail_errno(failure, "GUEST_ERROR", "cannot bar the container from the host's own network");
  return 0;
}
