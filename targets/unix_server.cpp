#include "stream/servers.h"

int main(int argc, char** argv) { return targets::run_unix_server(argc, argv); }
