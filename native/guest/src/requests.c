#include "requests.h"

#include <signal.h>
#include <stdlib.h>

#include "clock.h"
#include "disk.h"
#include "fields.h"
#include "hold.h"
#include "identify.h"
#include "limit.h"
#include "names.h"
#include "network.h"
#include "prepare.h"
#include "rehearse.h"
#include "spec.h"
#include "tool.h"
#include "wake.h"

static void reply(struct agent *agent, uint32_t channel, int result, const struct failure *failure) {
  if (result == 0)
    link_send(&agent->link, FRAME_OK, channel, NULL, 0);
  else
    link_send_failure(&agent->link, channel, failure);
}

static void hello(struct agent *agent, const struct frame *message) {
  uint8_t payload[128];
  struct field_writer writer = {.data = payload, .room = sizeof payload};
  struct field nonce = {.value = payload};
  uint64_t theirs = field_number(message->payload, message->length, HELLO_VERSION, 0);
  if (!field_find(message->payload, message->length, HELLO_NONCE, &nonce) || nonce.length > 32) return;
  for (size_t i = 0; i < agent->processes.count; i++) {
    /* Processes that an earlier connection started are not known to this one. */
    struct process *process = agent->processes.all[i];
    if (!process->first) process->channel = 0;
    process->credit[STREAM_OUT] = process->credit[STREAM_ERR] = CREDIT_UNLIMITED;
  }
  agent->link.queued = 0;
  sockets_forget_host(&agent->sockets);
  field_put_u32(&writer, HELLO_VERSION, theirs > PROTOCOL_VERSION ? PROTOCOL_VERSION : (uint32_t)theirs);
  field_put(&writer, HELLO_NONCE, nonce.value, nonce.length);
  field_put_u32(&writer, HELLO_STATE, agent->container.state);
  field_put_u32(&writer, HELLO_IMAGE, agent->image_mounted);
  link_send(&agent->link, FRAME_HELLO_REPLY, 0, payload, writer.length);
}

static int start_process(struct agent *agent, const struct frame *message, struct failure *failure) {
  struct spec spec;
  bool first = message->type == FRAME_START;
  if (!agent->identified) return fail(failure, "PROTOCOL_ERROR", "the guest has no identity yet");
  if (agent->container.state == CONTAINER_HELD) return fail(failure, "CONFLICT", "the container is being frozen; try again");
  if (first != (agent->container.state == CONTAINER_IDLE) || agent->container.state == CONTAINER_ENDED)
    return fail(failure, "NOT_RUNNING", first ? "the guest runs its container already" : "the container is not running");
  if (!first && (message->channel <= FIRST_CHANNEL || process_find(&agent->processes, message->channel) != NULL))
    return fail(failure, "PROTOCOL_ERROR", "channel %u cannot be used", message->channel);
  if (spec_read(&spec, message->payload, message->length, failure) < 0) return -1;
  int result;
  if (first) {
    result = container_start(&agent->container, &agent->processes, &spec, failure);
  } else {
    spec.capabilities = agent->container.capabilities;
    spec.no_new_privileges = agent->container.no_new_privileges;
    result = process_start(&agent->processes, message->channel, &spec, failure);
  }
  spec_free(&spec);
  return result;
}

static int start_tool(struct agent *agent, const struct frame *message, struct failure *failure) {
  bool running = agent->container.state == CONTAINER_RUNNING;
  if (!running && agent->container.state != CONTAINER_MOUNTED)
    return fail(failure, "NOT_RUNNING", "the container's files are not mounted");
  if (message->channel <= FIRST_CHANNEL || process_find(&agent->processes, message->channel) != NULL)
    return fail(failure, "PROTOCOL_ERROR", "channel %u cannot be used", message->channel);
  char **argv = field_texts(message->payload, message->length, PROCESS_ARG);
  if (argv == NULL) return fail(failure, "GUEST_ERROR", "the guest has no memory for the tool, or a text holds a NUL");
  int result = tool_start(&agent->processes, message->channel, argv, running, failure);
  free(argv);
  return result;
}

static int mount_files(struct agent *agent, const struct frame *message, struct failure *failure) {
  struct mounts mounts;
  if (!agent->identified) return fail(failure, "PROTOCOL_ERROR", "the guest has no identity yet");
  if (agent->container.state != CONTAINER_IDLE)
    return fail(failure, "PROTOCOL_ERROR", "the guest runs its container already");
  if (mounts_read(&mounts, message->payload, message->length, failure) < 0) return -1;
  int result = container_mount(&agent->container, &mounts, failure);
  mounts_free(&mounts);
  return result;
}

static int rehearse_start(struct agent *agent, const struct frame *message, struct failure *failure) {
  struct spec spec;
  if (!agent->identified || agent->container.state != CONTAINER_IDLE)
    return fail(failure, "PROTOCOL_ERROR", "the guest has no identity yet, or runs its container already");
  if (spec_read(&spec, message->payload, message->length, failure) < 0) return -1;
  rehearse(&spec);
  spec_free(&spec);
  return 0;
}

/* Of a template, that is to be frozen, and of a clone of it, whose disk is another than that of the template. */
static int prepare_clone(struct agent *agent, const struct frame *message, struct failure *failure) {
  if (agent->container.state != CONTAINER_IDLE)
    return fail(failure, "PROTOCOL_ERROR", "the guest runs its container already");
  return message->type == FRAME_PREPARE ? prepare(message->payload, message->length, failure) : disk_let_go(failure);
}

static int set_limits(struct agent *agent, const struct frame *message, struct failure *failure) {
  struct limits limits = limits_read(message->payload, message->length);
  if (agent->container.state != CONTAINER_RUNNING) return fail(failure, "NOT_RUNNING", "the container is not running");
  return limits_set(&limits, failure);
}

/*
 * Stands the container still for a freeze. What it has printed goes out first: parent and children would each say it.
 * In a child everything is as here, and only a new identity, and `wake`, let it go on.
 */
static int hold(struct agent *agent, struct failure *failure) {
  if (agent->container.state != CONTAINER_RUNNING) return fail(failure, "NOT_RUNNING", "the container is not running");
  for (size_t i = 0; i < agent->processes.count; i++) {
    if (agent->processes.all[i]->tool)
      return fail(failure, "CONFLICT", "files of the container are being read or written; try again after that");
  }
  const struct process *first = process_find(&agent->processes, FIRST_CHANNEL);
  if (hold_for_copy(first == NULL ? 0 : first->pid, failure) < 0) return -1;
  for (size_t i = agent->processes.count; i-- > 0;) process_serve(&agent->processes, agent->processes.all[i]);
  agent->container.state = CONTAINER_HELD;
  agent->identified = false;
  return 0;
}

/* The parent goes on as it was. */
static int release(struct agent *agent, struct failure *failure) {
  if (agent->container.state != CONTAINER_HELD) return fail(failure, "PROTOCOL_ERROR", "nothing is held");
  agent->container.state = CONTAINER_RUNNING;
  agent->identified = true;
  release_processes();
  return 0;
}

static int wake_container(struct agent *agent, const struct frame *message, struct failure *failure) {
  if (agent->container.state != CONTAINER_HELD || !agent->identified)
    return fail(failure, "PROTOCOL_ERROR", "nothing is held, or the guest has no identity yet");
  if (wake(&agent->container, &agent->processes, message->payload, message->length, failure) < 0) return -1;
  agent->container.state = CONTAINER_RUNNING;
  return 0;
}

static int send_signal(struct agent *agent, const struct frame *message, struct failure *failure) {
  struct process *process = process_find(&agent->processes, message->channel);
  char *name = field_text(message->payload, message->length, SIGNAL_NAME);
  int number = name == NULL ? -1 : signal_number(name);
  int result = 0;
  if (number < 0)
    result = fail(failure, "INVALID_ARGUMENT", "invalid signal: %s", name == NULL ? "" : name);
  else if (process == NULL || process->exited)
    result = fail(failure, "NOT_RUNNING", "the process has ended");
  else if (kill(process->pid, number) < 0)
    result = fail_errno(failure, "GUEST_ERROR", "cannot send the signal");
  free(name);
  return result;
}

static void stream_message(struct agent *agent, const struct frame *message) {
  const uint8_t *payload = message->payload;
  uint32_t length = message->length;
  struct process *process = process_find(&agent->processes, message->channel);
  if (process == NULL) return;
  uint64_t stream = field_number(payload, length, WINDOW_STREAM, 0);
  switch (message->type) {
    case FRAME_RESIZE:
      process_resize(process, (uint16_t)field_number(payload, length, RESIZE_COLUMNS, 80),
                     (uint16_t)field_number(payload, length, RESIZE_ROWS, 24));
      break;
    case FRAME_STDIN:
      process_input(&agent->processes, process, payload, length, false);
      break;
    case FRAME_STDIN_END:
      if (!process->first || agent->container.stdin_once) process_input(&agent->processes, process, NULL, 0, true);
      break;
    case FRAME_WINDOW:
      if (!process->first && (stream == STREAM_OUT || stream == STREAM_ERR))
        process->credit[stream] += (uint32_t)field_number(payload, length, WINDOW_BYTES, 0);
      break;
  }
}

void request_handle(struct agent *agent, const struct frame *message) {
  struct failure failure;
  int result = 0;
  if (message->channel >= CONNECTIONS) {
    sockets_message(&agent->sockets, message);
    return;
  }
  switch (message->type) {
    case FRAME_HELLO:
      hello(agent, message);
      return;
    case FRAME_ACCEPT:
      agent->sockets.hosted = true;
      return;
    case FRAME_IDENTIFY:
      if (agent->container.state != CONTAINER_IDLE && agent->container.state != CONTAINER_HELD)
        result = fail(&failure, "PROTOCOL_ERROR", "the guest runs its container already");
      else
        result = identify(message->payload, message->length, &failure);
      if (result == 0) agent->identified = true;
      break;
    case FRAME_START:
    case FRAME_EXEC:
      result = start_process(agent, message, &failure);
      break;
    case FRAME_TOOL:
      result = start_tool(agent, message, &failure);
      break;
    case FRAME_MOUNT:
      result = mount_files(agent, message, &failure);
      break;
    case FRAME_INTERFACE:
    case FRAME_INTERFACE_GONE:
    case FRAME_NAMES:
      result = agent->identified ? network_take(message, agent->container.state == CONTAINER_HELD, &failure)
                                 : fail(&failure, "PROTOCOL_ERROR", "the guest has no identity yet");
      break;
    case FRAME_FINISH:
      if (agent->container.state == CONTAINER_MOUNTED) container_finish(&agent->container, &agent->processes);
      result = fail(&failure, "PROTOCOL_ERROR", "there is nothing to finish: nothing is mounted, or a container runs");
      break;
    case FRAME_LIMIT:
      result = set_limits(agent, message, &failure);
      break;
    case FRAME_REHEARSE:
      result = rehearse_start(agent, message, &failure);
      break;
    case FRAME_PREPARE:
    case FRAME_LET_GO:
      result = prepare_clone(agent, message, &failure);
      break;
    case FRAME_CLOCK:
      result = clock_follow(message->payload, message->length, &failure);
      break;
    case FRAME_HOLD:
      result = hold(agent, &failure);
      break;
    case FRAME_RELEASE:
      result = release(agent, &failure);
      break;
    case FRAME_WAKE:
      result = wake_container(agent, message, &failure);
      break;
    case FRAME_SIGNAL:
      result = send_signal(agent, message, &failure);
      break;
    default:
      stream_message(agent, message);
      return;
  }
  reply(agent, message->channel, result, &failure);
}
