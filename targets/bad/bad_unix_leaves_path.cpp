// unix-server that does not remove its path at its end.
// Seen in the file system: a socket file that refuses connections.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_unix_server(argc, argv, {.leaves_path = true});
}
