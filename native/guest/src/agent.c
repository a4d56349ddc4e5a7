#include "agent.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "requests.h"
#include "tool.h"

/* A guest without a host looks again now and then: the kernel's signal for its return is the common way. */
enum { AWAY_POLL_MS = 1000 };

/* Of what it prints while no host is there the log takes this much: only a host keeps it within bounds. */
static void bound_log(struct agent *agent, struct process *first, bool away) {
  uint64_t each = agent->processes.log_limit / 2;
  bool bounded = first->credit[STREAM_OUT] != CREDIT_UNLIMITED || first->credit[STREAM_ERR] != CREDIT_UNLIMITED;
  if (away && (bounded || each == 0)) return;
  uint32_t credit = each < CREDIT_UNLIMITED ? (uint32_t)each : CREDIT_UNLIMITED - 1;
  first->credit[STREAM_OUT] = first->credit[STREAM_ERR] = away ? credit : CREDIT_UNLIMITED;
}

/*
 * Asks the kernel whether a host is there. What waits to be sent is kept: a new host's first words may come before the
 * kernel knows of it, and the answer to them must not be lost.
 */
static void look_for_host(struct agent *agent) {
  struct pollfd link = {.fd = agent->link.fd};
  agent->link.away = poll(&link, 1, 0) > 0 && (link.revents & POLLHUP);
  if (agent->link.away) sockets_forget_host(&agent->sockets);
  for (size_t i = 0; i < agent->processes.count; i++) {
    struct process *process = agent->processes.all[i];
    if (process->first)
      bound_log(agent, process, agent->link.away);
    else if (agent->link.away)
      /* Nobody reads on: output is dropped, or the process would stand still for good. */
      process->credit[STREAM_OUT] = process->credit[STREAM_ERR] = CREDIT_UNLIMITED;
  }
}

static void reap(struct agent *agent) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
    for (size_t i = 0; i < agent->processes.count; i++) {
      struct process *process = agent->processes.all[i];
      if (process->pid != pid) continue;
      process->exited = true;
      process->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
}

static void serve_signals(struct agent *agent) {
  struct signalfd_siginfo signal;
  while (read(agent->signals, &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGIO && agent->link.away) look_for_host(agent);
  }
  reap(agent);
}

static void serve_link(struct agent *agent, short events) {
  struct frame message;
  /* Where the host has gone there is nothing to read, which poll tells as something. */
  if (events & POLLIN && link_receive(&agent->link)) {
    while (link_next(&agent->link, &message)) request_handle(agent, &message);
  } else if (events & (POLLIN | POLLHUP)) {
    look_for_host(agent);
  }
  if (link_wants_write(&agent->link)) link_flush(&agent->link);
}

static void serve_processes(struct agent *agent) {
  struct process *first = NULL;
  for (size_t i = agent->processes.count; i-- > 0;) {
    struct process *process = agent->processes.all[i];
    process_serve(&agent->processes, process);
    if (!process_done(process)) continue;
    if (process->first) {
      first = process;
      continue;
    }
    if (process->tool) tool_ended();
    container_send_exit(&agent->link, process->channel, process->code, false);
    process_remove(&agent->processes, process);
  }
  /* Its namespace has ended with it: whoever was in it has been reaped before it. */
  if (first != NULL) container_end(&agent->container, &agent->processes, first->code);
}

static void wait_and_serve(struct agent *agent) {
  struct pollfd fds[2 + PROCESSES_MAX * 3 + MOUNTS_MAX + CONNECTIONS_MAX];
  size_t count = 2;
  fds[0] = (struct pollfd){.fd = agent->signals, .events = POLLIN};
  fds[1] = (struct pollfd){.fd = agent->link.away ? -1 : agent->link.fd, .events = POLLIN};
  if (link_wants_write(&agent->link)) fds[1].events |= POLLOUT;
  for (size_t i = 0; i < agent->processes.count; i++) count += process_poll(agent->processes.all[i], fds + count);
  count += sockets_poll(&agent->sockets, fds + count);
  if (poll(fds, count, agent->link.away ? AWAY_POLL_MS : -1) == 0) look_for_host(agent);
  if (fds[0].revents) serve_signals(agent);
  if (fds[1].revents) serve_link(agent, fds[1].revents);
  sockets_serve(&agent->sockets);
  serve_processes(agent);
}

static int watch_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGIO);
  sigprocmask(SIG_BLOCK, &set, NULL);
  signal(SIGPIPE, SIG_IGN);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void agent_run(int link, int log, bool image_mounted) {
  static struct agent agent;
  agent.image_mounted = image_mounted;
  agent.signals = watch_signals();
  link_open(&agent.link, link);
  sockets_init(&agent.sockets, &agent.link);
  agent.container.sockets = &agent.sockets;
  agent.processes = (struct processes){
      .container = -1, .own_namespace = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), .log = log, .link = &agent.link};
  /* The kernel then sends SIGIO when the host comes or goes. */
  fcntl(link, F_SETOWN, getpid());
  fcntl(link, F_SETFL, fcntl(link, F_GETFL) | O_ASYNC);
  for (;;) wait_and_serve(&agent);
}
