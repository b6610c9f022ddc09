#ifndef WIREPROOF_TARGETS_COMMON_FD_H_
#define WIREPROOF_TARGETS_COMMON_FD_H_

#include <unistd.h>

#include <utility>

namespace targets {

// Owns one file descriptor and closes it. Move-only.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      close();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

  // Linux frees the descriptor whatever close() returns, so there is nothing to retry, and the
  // connection's outcome is known by then from recv() or send().
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_FD_H_
