#include "boot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "paths.h"

enum { DEVICE_WAIT_MS = 10000, DEVICE_STEP_MS = 2 };

void boot_filesystems(void) {
  mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount("sys", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
  mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
  mount("cgroup", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  /* Before the freeze: every clone has the container's group then, and need not wait for it at a start. */
  (void)write_file("/sys/fs/cgroup/cgroup.subtree_control", "+pids +memory +cpu");
  (void)mkdir(CGROUP_FOLDER, 0755);
  /* The kernel found no /dev/console in the initrd: standard descriptors are still to be had. */
  int fd = open("/dev/console", O_RDWR | O_NOCTTY);
  for (int standard = 0; fd >= 0 && standard < 3; standard++) dup2(fd, standard);
  if (fd > 2) close(fd);
  (void)write_file("/proc/self/oom_score_adj", "-1000");
  (void)write_file("/proc/sys/kernel/printk", "4 4 1 4");
  /* Of a network's largest packets the kernel's usual window holds one: the sender would wait for each answer. */
  (void)write_file("/proc/sys/net/ipv4/tcp_rmem", "4096 4194304 6291456");
  /*
   * As a clone's CPUs go on its kernel tells the NAT of the interface, which still has the MAC that it was frozen with.
   * So the NAT must be told of each other one too: until it hears from the guest next, nothing would get in.
   */
  (void)write_file("/proc/sys/net/ipv4/conf/all/arp_notify", "1");
}

void boot_probe(void) {
  SCOPED_FREE char *line = read_file("/proc/cmdline", 4096);
  if (line == NULL || strstr(line, "ramet.probe") == NULL) return;
  printf("agent: the probe VM has booted\n");
  fflush(stdout);
  reboot(RB_POWER_OFF);
}

void boot_modules(void) {
  struct dirent **entries;
  int count = scandir("/modules", &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    char path[512];
    snprintf(path, sizeof path, "/modules/%s", entries[i]->d_name);
    SCOPED_FD int fd = entries[i]->d_name[0] == '.' ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    /* ENODEV: the module is for other hardware, an instruction that this CPU lacks for example. */
    if (fd >= 0 && syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST && errno != ENODEV)
      fprintf(stderr, "agent: %s: %s\n", path, strerror(errno));
    /* It is in the kernel now: its file would only be frozen along into every template. */
    if (entries[i]->d_name[0] != '.') unlink(path);
    free(entries[i]);
  }
  if (count >= 0) free(entries);
}

static void step(void) {
  struct timespec time = {.tv_nsec = DEVICE_STEP_MS * 1000000};
  nanosleep(&time, NULL);
}

bool boot_image(void) {
  for (int waited = 0; access("/dev/pmem0", F_OK) < 0; waited += DEVICE_STEP_MS) {
    if (waited > DEVICE_WAIT_MS) return false;
    step();
  }
  if (mount("/dev/pmem0", IMAGE_FOLDER, "erofs", MS_RDONLY, "dax=always") == 0) return true;
  fprintf(stderr, "agent: cannot mount the image: %s\n", strerror(errno));
  return false;
}

static int open_port(const char *name, int flags) {
  DIR *ports = opendir("/sys/class/virtio-ports");
  int fd = -1;
  for (struct dirent *entry; fd < 0 && ports != NULL && (entry = readdir(ports)) != NULL;) {
    char path[512];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/sys/class/virtio-ports/%s/name", entry->d_name);
    SCOPED_FREE char *text = read_file(path, 256);
    if (text == NULL || strncmp(text, name, strlen(name)) != 0 || text[strlen(name)] != '\n') continue;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
  }
  if (ports != NULL) closedir(ports);
  return fd;
}

int boot_port(const char *name, int flags) {
  int fd;
  for (int waited = 0; (fd = open_port(name, flags)) < 0 && waited <= DEVICE_WAIT_MS; waited += DEVICE_STEP_MS) step();
  if (fd < 0) fprintf(stderr, "agent: there is no port %s\n", name);
  return fd;
}
