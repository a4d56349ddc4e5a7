#include "names.h"

#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>

struct name {
  const char *text;
  int number;
};

static int find(const struct name *names, const char *text) {
  for (; names->text != NULL; names++) {
    if (strcasecmp(names->text, text) == 0) return names->number;
  }
  return -1;
}

#define SIGNAL(name) {#name, SIG##name}
static const struct name signals[] = {
    SIGNAL(HUP),  SIGNAL(INT),  SIGNAL(QUIT),   SIGNAL(ILL),  SIGNAL(TRAP), SIGNAL(ABRT), SIGNAL(BUS),
    SIGNAL(FPE),  SIGNAL(KILL), SIGNAL(USR1),   SIGNAL(SEGV), SIGNAL(USR2), SIGNAL(PIPE), SIGNAL(ALRM),
    SIGNAL(TERM), SIGNAL(CHLD), SIGNAL(CONT),   SIGNAL(STOP), SIGNAL(TSTP), SIGNAL(TTIN), SIGNAL(TTOU),
    SIGNAL(URG),  SIGNAL(XCPU), SIGNAL(XFSZ),   SIGNAL(PROF), SIGNAL(IO),   SIGNAL(PWR),  SIGNAL(SYS),
    SIGNAL(POLL), SIGNAL(IOT),  SIGNAL(VTALRM), SIGNAL(WINCH), {NULL, 0},
};

int signal_number(const char *name) {
  char *end;
  long number = strtol(name, &end, 10);
  if (*name != 0 && *end == 0) return number > 0 && number <= 64 ? (int)number : -1;
  if (strncasecmp(name, "SIG", 3) == 0) name += 3;
  /* Real-time signals as the kernel counts them: the C library keeps the first ones to itself. */
  if (strncasecmp(name, "RTMIN", 5) == 0) {
    long offset = name[5] == '+' ? strtol(name + 6, NULL, 10) : 0;
    return offset >= 0 && offset <= 30 ? 34 + (int)offset : -1;
  }
  if (strncasecmp(name, "RTMAX", 5) == 0) {
    long offset = name[5] == '-' ? strtol(name + 6, NULL, 10) : 0;
    return offset >= 0 && offset <= 30 ? 64 - (int)offset : -1;
  }
  return find(signals, name);
}

#define RLIMIT(name) {#name, RLIMIT_##name}
static const struct name rlimits[] = {
    RLIMIT(CPU),     RLIMIT(FSIZE),      RLIMIT(DATA),     RLIMIT(STACK), RLIMIT(CORE),   RLIMIT(RSS),
    RLIMIT(NPROC),   RLIMIT(NOFILE),     RLIMIT(MEMLOCK),  RLIMIT(AS),    RLIMIT(LOCKS),  RLIMIT(SIGPENDING),
    RLIMIT(MSGQUEUE), RLIMIT(NICE),      RLIMIT(RTPRIO),   RLIMIT(RTTIME), {NULL, 0},
};

int rlimit_number(const char *name) { return find(rlimits, name); }

#define CAPABILITY(name) {#name, CAP_##name}
static const struct name capabilities[] = {
    CAPABILITY(CHOWN),        CAPABILITY(DAC_OVERRIDE), CAPABILITY(DAC_READ_SEARCH),
    CAPABILITY(FOWNER),       CAPABILITY(FSETID),       CAPABILITY(KILL),
    CAPABILITY(SETGID),       CAPABILITY(SETUID),       CAPABILITY(SETPCAP),
    CAPABILITY(LINUX_IMMUTABLE), CAPABILITY(NET_BIND_SERVICE), CAPABILITY(NET_BROADCAST),
    CAPABILITY(NET_ADMIN),    CAPABILITY(NET_RAW),      CAPABILITY(IPC_LOCK),
    CAPABILITY(IPC_OWNER),    CAPABILITY(SYS_MODULE),   CAPABILITY(SYS_RAWIO),
    CAPABILITY(SYS_CHROOT),   CAPABILITY(SYS_PTRACE),   CAPABILITY(SYS_PACCT),
    CAPABILITY(SYS_ADMIN),    CAPABILITY(SYS_BOOT),     CAPABILITY(SYS_NICE),
    CAPABILITY(SYS_RESOURCE), CAPABILITY(SYS_TIME),     CAPABILITY(SYS_TTY_CONFIG),
    CAPABILITY(MKNOD),        CAPABILITY(LEASE),        CAPABILITY(AUDIT_WRITE),
    CAPABILITY(AUDIT_CONTROL), CAPABILITY(SETFCAP),     CAPABILITY(MAC_OVERRIDE),
    CAPABILITY(MAC_ADMIN),    CAPABILITY(SYSLOG),       CAPABILITY(WAKE_ALARM),
    CAPABILITY(BLOCK_SUSPEND), CAPABILITY(AUDIT_READ),  CAPABILITY(PERFMON),
    CAPABILITY(BPF),          CAPABILITY(CHECKPOINT_RESTORE), {NULL, 0},
};

int capability_number(const char *name) { return find(capabilities, name); }
