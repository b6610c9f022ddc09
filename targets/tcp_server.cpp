#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_tcp_server(argc, argv); }
