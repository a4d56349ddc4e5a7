#include <stdio.h>

#include "test.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    fputs("usage: test VECTORS\n", stderr);
    return 2;
  }
  test_vectors(argv[1]);
  test_frames();
  test_user();
  test_names();
  test_resolver();
  test_files();
  test_tar();
  return checked("guest agent");
}
