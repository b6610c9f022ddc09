// unix-server, of any type, that reads and never answers.
// On the socket: messages one way only; a stream is closed once the client has closed it.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_unix_server(argc, argv, {.answers = 0}); }
