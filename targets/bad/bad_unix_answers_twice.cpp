// unix-server, of any type, that gives each answer two times.
// On the socket: two answers to one message.

#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_unix_server(argc, argv, {.answers = 2}); }
