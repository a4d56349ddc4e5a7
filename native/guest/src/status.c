#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "child.h"

void status_send_failure(int socket, const struct failure *failure) {
  (void)!write(socket, failure, sizeof *failure);
}

union control {
  struct cmsghdr header;
  char room[CMSG_SPACE(sizeof(int))];
};

int status_send_terminal(int socket, int master) {
  union control control = {0};
  char byte = 't';
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &master, sizeof master);
  return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

int status_receive(int socket, int *master, struct failure *failure) {
  union control control = {0};
  struct iovec part = {.iov_base = failure, .iov_len = sizeof *failure};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
  ssize_t got;
  while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
  if (got == 0) return 0;
  if (got < 0) return fail_errno(failure, "GUEST_ERROR", "the guest lost the process that it started");
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
    memcpy(master, CMSG_DATA(header), sizeof *master);
    return 1;
  }
  failure->code[sizeof failure->code - 1] = 0;
  failure->message[sizeof failure->message - 1] = 0;
  return -1;
}
