// What the operating system refuses: an exception that says what was being done, to what, errno's
// words, and what a person can do about it. It ends the case, not the run; only main catches all.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>

namespace wireproof {

class SystemError : public std::runtime_error {
 public:
  // `action` as "open" or "move veth into the namespace"; `object` what it was done to.
  SystemError(std::string_view action, std::string_view object, int error_number,
              std::string_view hint = {});

  int error_number() const { return error_number_; }
  const std::string& hint() const { return hint_; }

 private:
  int error_number_;
  std::string hint_;
};

// Throws SystemError with the current errno.
[[noreturn]] void throw_errno(std::string_view action, std::string_view object,
                              std::string_view hint = {});

// Calls `call` again while it fails with EINTR; returns its last result.
template <typename Call>
auto retry_eintr(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result == -1 && errno == EINTR);
  return result;
}

// The same, and throws on any failure but EAGAIN, which stays a result of -1 for the caller.
template <typename Call>
auto checked(std::string_view action, std::string_view object, Call call) {
  auto result = retry_eintr(call);
  if (result == -1 && errno != EAGAIN) throw_errno(action, object);
  return result;
}

// Of an error of connect(2) over TCP: the handshake was done, and the connection reset before its
// maker was told. A RST in SYN-SENT is ECONNREFUSED (Linux, tcp_reset()).
inline bool reset_once_connected(int connect_error) {
  return connect_error == ECONNRESET || connect_error == EPIPE;
}

}  // namespace wireproof
