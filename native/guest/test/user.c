#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "test.h"
#include "user.h"

static const char *const passwd =
    "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001:App:/home/app:/bin/sh\nhuge:x:4294967295:1::/:\n";
static const char *const group = "root:x:0:\nstaff:x:50:app,other\naudio:x:29:other\napp:x:1001:\nwheel:x:10:app\n";

static bool find(const char *root, const char *text, char *const *more, struct identity *identity) {
  struct failure failure;
  return identity_find(root, text, more, identity, &failure) == 0;
}

void test_user(void) {
  char root[] = "/tmp/ramet-user-XXXXXX";
  char etc[64], path[128];
  struct identity who;
  CHECK(mkdtemp(root) != NULL);
  snprintf(etc, sizeof etc, "%s/etc", root);
  CHECK(mkdir(etc, 0755) == 0);
  CHECK(find(root, "", NULL, &who) && who.uid == 0 && who.gid == 0);
  CHECK(!find(root, "app", NULL, &who));
  snprintf(path, sizeof path, "%s/passwd", etc);
  CHECK(write_file(path, passwd) == 0);
  snprintf(path, sizeof path, "%s/group", etc);
  CHECK(write_file(path, group) == 0);

  CHECK(find(root, "app", NULL, &who) && who.uid == 1000 && who.gid == 1001 && strcmp(who.home, "/home/app") == 0);
  CHECK(who.group_count == 2 && who.groups[0] == 50 && who.groups[1] == 10);
  CHECK(find(root, "1000", NULL, &who) && who.gid == 1001 && who.group_count == 2);
  CHECK(find(root, "app:staff", NULL, &who) && who.gid == 50 && who.group_count == 0);
  CHECK(find(root, "7:8", NULL, &who) && who.uid == 7 && who.gid == 8 && *who.home == 0);
  CHECK(find(root, "7", NULL, &who) && who.uid == 7 && who.gid == 0);
  CHECK(find(root, "app", (char *const[]){"audio", "77", NULL}, &who) && who.group_count == 4 && who.groups[2] == 29);
  CHECK(!find(root, "nobody", NULL, &who));
  CHECK(!find(root, "app:nobody", NULL, &who));
  CHECK(!find(root, "app", (char *const[]){"nobody", NULL}, &who));
  /* "No id" of the kernel is no id here. */
  CHECK(!find(root, "4294967295", NULL, &who) && !find(root, "huge", NULL, &who));

  unlink(path);
  snprintf(path, sizeof path, "%s/passwd", etc);
  unlink(path);
  rmdir(etc);
  rmdir(root);
}
