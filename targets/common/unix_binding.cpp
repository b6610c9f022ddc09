#include "common/unix_binding.h"

#include <unistd.h>

#include "common/error.h"
#include "common/output.h"
#include "common/sockets.h"

namespace targets {
namespace {

// A socket whose owner died keeps its path, but nobody answers there: connect() is refused.
// Between this look and the bind() another server may come; then that bind() fails, as it should.
void remove_if_stale(int type, const Address& address) {
  struct stat found {};
  if (lstat(address.path().c_str(), &found) != 0) {
    if (errno == ENOENT) return;
    throw_errno("look at", address.text());
  }
  if (!S_ISSOCK(found.st_mode)) throw Failure("replace " + address.text() + ": not a socket");
  const Fd probe = open_socket(AF_UNIX, type, SOCK_NONBLOCK);
  if (connect(probe.get(), address.get(), address.size()) == 0 || errno != ECONNREFUSED) {
    throw Failure("replace " + address.text() + ": it is in use");
  }
  check(unlink(address.path().c_str()), "remove the stale", address.text());
}

}  // namespace

void UnixBindOptions::add_options(OptionTable& table) {
  table.flag("--replace-stale", replace_stale, "remove a PATH that nobody serves any more");
  table.value("--mode", "OCTAL", "permission bits of PATH", [this](const std::string& text) {
    mode = parse_number<unsigned>("--mode", text, 0, 0777, 8);
  });
}

UnixBinding::UnixBinding(int fd, int type, const Address& address, const UnixBindOptions& options) {
  if (!address.is_path()) {
    if (options.mode) throw UsageError("--mode wants a PATH, not an abstract name");
    bind_socket(fd, address);
    return;
  }
  if (options.replace_stale) remove_if_stale(type, address);
  // bind() makes the path with the bits that the mask leaves: right from its first moment, which
  // a chmod() afterwards would not be.
  const mode_t mask = options.mode ? umask(0777 & ~*options.mode) : 0;
  const int result = bind(fd, address.get(), address.size());
  const int error = errno;
  if (options.mode) umask(mask);
  if (result != 0) {
    const bool hint = error == EADDRINUSE && !options.replace_stale;
    throw Failure(describe_error("bind to", address.text(), error) +
                  (hint ? " (--replace-stale removes a path that nobody serves)" : ""));
  }
  if (options.leaves_path) return;
  check(lstat(address.path().c_str(), &made_), "look at", address.text());
  path_ = address.path();
  maker_ = getpid();
}

UnixBinding::~UnixBinding() {
  struct stat now {};
  if (path_.empty() || getpid() != maker_ || lstat(path_.c_str(), &now) != 0) return;
  if (now.st_dev != made_.st_dev || now.st_ino != made_.st_ino) return;
  if (unlink(path_.c_str()) != 0) complain(describe_error("remove", printable(path_), errno));
}

}  // namespace targets
