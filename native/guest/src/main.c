#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "agent.h"
#include "boot.h"

int main(void) {
  if (getpid() != 1) {
    fputs("agent: this is the first process of a Ramet VM; it does nothing anywhere else\n", stderr);
    return 2;
  }
  boot_filesystems();
  boot_probe();
  boot_modules();
  bool image_mounted = boot_image();
  int log = boot_port("ramet.log.0", O_WRONLY);
  int link = boot_port("ramet.agent.0", O_RDWR | O_NONBLOCK);
  agent_run(link, log, image_mounted);
}
