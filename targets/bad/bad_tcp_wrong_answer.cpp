// tcp-server that answers `failure` whatever it was told to answer.
// On the wire: all is right but the bytes.

#include "stream/servers.h"

int main(int argc, char** argv) {
  return targets::run_tcp_server(argc, argv, {.wrong_answer = true});
}
