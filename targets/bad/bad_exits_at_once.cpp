// A server that cannot start: it says why and ends with exit status 3.
// On the wire: nothing of its own; a SYN to its port is refused with RST.

#include "common/output.h"

int main() {
  targets::complain("cannot start: this program always exits at once");
  return 3;
}
