#ifndef WIREPROOF_TARGETS_COMMON_UNIX_BINDING_H_
#define WIREPROOF_TARGETS_COMMON_UNIX_BINDING_H_

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>

#include "common/address.h"
#include "common/options.h"

namespace targets {

struct UnixBindOptions {
  bool replace_stale = false;
  std::optional<unsigned> mode;  // permission bits of the path
  bool leaves_path = false;      // a fault: the path stays behind

  void add_options(OptionTable& table);
};

// A socket's hold on a UNIX address: binds, and at the end removes the path it made. A path that
// somebody else has put in its place meanwhile is left alone, and so it is by processes that were
// started since (server_processes.h).
class UnixBinding {
 public:
  // `type` is SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET.
  UnixBinding(int fd, int type, const Address& address, const UnixBindOptions& options);
  UnixBinding(const UnixBinding&) = delete;
  UnixBinding& operator=(const UnixBinding&) = delete;
  ~UnixBinding();

 private:
  std::string path_;  // empty when there is nothing to remove
  struct stat made_ {};
  pid_t maker_ = 0;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_UNIX_BINDING_H_
