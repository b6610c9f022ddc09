#ifndef WIREPROOF_TARGETS_TEST_PROGRAM_H_
#define WIREPROOF_TARGETS_TEST_PROGRAM_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/fd.h"

// What the tests of the targets share: programs started and watched, and a plain socket peer.
// Nothing sleeps for a fixed time; all waits are for a condition, with a deadline.
namespace targets::test {

using Arguments = std::vector<std::string>;

inline constexpr std::chrono::seconds patience{20};

// Polls until `condition` holds; false when it never did.
bool eventually(const std::function<bool()>& condition);

// One target, running. Its output goes to files in memory, so it never blocks on it. Killed at
// the end if it is still there.
class Program {
 public:
  enum class Output { kept, discarded };

  Program(const std::string& name, const Arguments& arguments, Output output = Output::kept);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  std::string out() const;
  std::string err() const;
  bool prints(const std::string& text) const;  // sooner or later
  // Of the line "listening on ADDRESS:PORT".
  std::uint16_t port() const;

  void signal(int number) const;
  bool has_exited();
  // The exit status, or minus the signal's number; kills after the deadline and returns -SIGKILL.
  int wait();
  int terminate();     // SIGTERM, then wait()
  void stand_still();  // until SIGCONT

 private:
  pid_t pid_ = -1;
  Fd out_, err_;
  bool reaped_ = false;
  int status_ = 0;
};

struct Result {
  int status;
  std::string out, err;
};
Result run(const std::string& name, const Arguments& arguments);

// False: the kernel, or whoever runs this, forbids io_uring.
bool engine_works(const std::string& engine);
// For the calling thread and what it starts, as a container's seccomp filter does.
void forbid_io_uring();

// A TCP port of 127.0.0.1 or ::1 that is bound (with SO_REUSEADDR) and does not listen: connections
// are refused, and no other program gets it; a server that sets SO_REUSEADDR can listen on it.
class ReservedPort {
 public:
  explicit ReservedPort(const std::string& address = "127.0.0.1");
  std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }

 private:
  Fd socket_;
  std::uint16_t number_;
};

// The plain peer; blocking sockets with a deadline on each call.
Fd connect_tcp(std::uint16_t port);
Fd connect_udp(const std::string& address, std::uint16_t port);
Fd connect_unix(const std::string& name, int type);
void send_text(const Fd& socket, const std::string& text);
std::string receive_text(const Fd& socket, std::size_t size);  // so many bytes, or up to the end
std::string receive_datagram(const Fd& socket);
std::string receive_to_end(const Fd& socket);  // "<reset>" at the end if it was one
void end_sending(const Fd& socket);
bool is_silent(const Fd& socket, int milliseconds);

// A path in a folder that goes away with this object.
class TemporaryPath {
 public:
  TemporaryPath();
  ~TemporaryPath();
  std::string text() const { return folder_ + "/s"; }
  bool exists() const;

 private:
  std::string folder_;
};

}  // namespace targets::test

#endif  // WIREPROOF_TARGETS_TEST_PROGRAM_H_
