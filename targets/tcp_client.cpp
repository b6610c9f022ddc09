#include "stream/stream_client.h"

int main(int argc, char** argv) { return targets::run_tcp_client(argc, argv); }
