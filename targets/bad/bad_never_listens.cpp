// A server that starts, and never gets as far as opening a socket.
// On the wire: nothing of its own; a SYN to its port is refused with RST.

#include "common/error.h"
#include "common/stop_signal.h"

int main() {
  return targets::run_program([] { targets::StopSignal().wait(-1); });
}
