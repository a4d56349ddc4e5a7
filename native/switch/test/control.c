#include "control.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "test.h"

static char answer[CONTROL_ANSWER];

static bool tell(struct control *control, struct network *network, const char *line, const char *expected) {
  char copy[512];
  snprintf(copy, sizeof copy, "%s", line);
  control_line(control, network, copy, answer, sizeof answer, 1);
  return strcmp(answer, expected) == 0;
}

static void test_lines(struct control *control, struct network *network) {
  const char *one = "member aaaaaaaaaaaaaaaa 02:42:0a:09:00:02 10.9.0.2 - 0 web,www";
  CHECK(tell(control, network, "hello", "ok test\n"));
  CHECK(tell(control, network, one, "ok\n"));
  struct member *member = member_by_id(network, "aaaaaaaaaaaaaaaa");
  CHECK(member != NULL && member->has_ip4 && !member->has_ip6 && member_called(member, "www"));
  member->sent_bytes = 7;
  /* Told again it is the same one, with what changed. */
  CHECK(tell(control, network, "member aaaaaaaaaaaaaaaa 02:42:0a:09:00:02 10.9.0.2 - 8000 db", "ok\n"));
  CHECK(member == member_by_id(network, "aaaaaaaaaaaaaaaa") && member->sent.rate == 1000 && !member_called(member, "web"));
  CHECK(tell(control, network, "member aaaaaaaaaaaaaaaa 02:42:0a:09:00:02 10.9.0.2 - 8000 db store=db2", "ok\n"));
  CHECK(strcmp(member_linked(member, "store"), "db2") == 0);
  CHECK(tell(control, network, "members", "aaaaaaaaaaaaaaaa 7 0 0 0\nok\n"));
  CHECK(tell(control, network, "member bbbb 02:42:0a:09:00:02 10.9.0.3 - 0 x", "error another member has that address\n"));
  CHECK(tell(control, network, "member bbbb 02:42:0a:09:00:01 10.9.0.3 - 0 x", "error another member has that address\n"));
  CHECK(tell(control, network, "member aaaaaaaaaaaaaaaa 02:42:0a:09:00:03 10.9.0.3 fd00::3 0 web", "ok\n"));
  CHECK(tell(control, network, "forget aaaaaaaaaaaaaaaa", "ok\n") && tell(control, network, "members", "ok\n"));
  CHECK(tell(control, network, "forget aaaaaaaaaaaaaaaa", "ok\n"));
}

static void test_wrong_lines(struct control *control, struct network *network) {
  static const char *const lines[] = {
      "", "nonsense", "member", "member a b c d e f", "member a 03:42:0a:09:00:02 10.9.0.2 - 0 x",
      "member a 02:42:0a:09:00:02 10.9.0 - 0 x", "member ../a 02:42:0a:09:00:02 10.9.0.2 - 0 x",
      "member a 02:42:0a:09:00:02 10.9.0.2 - fast x", "forget", "hello again", "a b c d e f g h i j k"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    (void)tell(control, network, lines[i], "");
    CHECK(strncmp(answer, "error ", 6) == 0);
  }
  CHECK(tell(control, network, "members", "ok\n"));
}

static void test_options(struct network *network, char *folder) {
  char argument[128];
  snprintf(argument, sizeof argument, "--folder=%s", folder);
  char *good[] = {"switch", argument, "--name=Front", "--mac=02:42:0a:09:00:01", "--ip4=10.9.0.1/24", "--ip6=fd00::1"};
  CHECK(options_read(network, 6, good) == NULL);
  CHECK(network->joined && network->has_ip4 && network->has_ip6 && network->prefix4 == 24);
  CHECK(strcmp(network->name, "front") == 0);
  struct network other = {0};
  char *bad[] = {"switch", argument, "--name=front", "--mac=02:42:0a:09:00:01", "--ip4=10.9.0.1"};
  CHECK(options_read(&other, 5, bad) != NULL && options_read(&other, 2, bad) != NULL);
}

void test_control(void) {
  char folder[] = "/tmp/ramet-switch-XXXXXX", path[64];
  static struct network network;
  static struct control control;
  CHECK(mkdtemp(folder) != NULL);
  test_options(&network, folder);
  CHECK(control_open(&control, &network) == 0);
  struct stat status;
  snprintf(path, sizeof path, "%s/control", folder);
  CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
  test_lines(&control, &network);
  test_wrong_lines(&control, &network);
  CHECK(tell(&control, &network, "end", "ok\n") && control.ended);
  close(control.listening);
  unlink(path);
  CHECK(rmdir(folder) == 0);
}
