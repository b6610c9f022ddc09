// Why an isolation level does not work here, and what to do about it: from the kernel's refusal and
// what the machine says of itself. Pure, so that machines we do not have can be tested.
#pragma once

#include <optional>
#include <string>

#include "lab/lab.h"

namespace wireproof::lab {

// What of this machine bears on isolation.
struct MachineFacts {
  bool is_root = false;
  bool in_container = false;
  bool in_chroot = false;         // "/" is no mount point: user_namespaces(7), EPERM
  bool seccomp_filtered = false;  // /proc/self/status, Seccomp: 2
  std::optional<long> unprivileged_userns_clone;  // kernel., Debian's own: 0 forbids
  std::optional<long> max_user_namespaces;        // user.
  std::optional<long> apparmor_restricts_userns;  // kernel., Ubuntu 24.04's: 1 restricts
};
MachineFacts read_machine_facts();

// A refusal: the words of the error, and its errno.
struct Refusal {
  std::string words;
  int error_number = 0;
};
Probe explain(Isolation level, const Refusal& refusal, const MachineFacts& facts);

}  // namespace wireproof::lab
