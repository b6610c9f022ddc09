#ifndef WIREPROOF_TARGETS_COMMON_URING_H_
#define WIREPROOF_TARGETS_COMMON_URING_H_

#include <liburing.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

// What the io_uring engines share. One thread; a ring outlives its buffers.
namespace targets {

class Uring {
 public:
  // With room for so many requests, and for four times as many completions. Throws Failure where
  // the kernel refuses.
  explicit Uring(unsigned entries);
  ~Uring() { io_uring_queue_exit(&ring_); }
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  io_uring* get() { return &ring_; }
  // For one more request. Where there is no room, those that are there are handed over.
  io_uring_sqe* submission();
  // Hands over what is to be done, and sleeps until so many completions are there. -1: for ever.
  void wait(unsigned completions, int milliseconds);
  // What is in flight holds its sockets, which would stay open for a while: it ends here.
  void cancel_all();

 private:
  io_uring ring_{};
};

// Memory that the kernel takes for whatever comes next on any socket, and gets back as soon as that
// is handled.
class SharedBuffers {
 public:
  static constexpr int group = 1;

  // `count` is a power of two.
  SharedBuffers(Uring& ring, std::size_t room, unsigned count);
  ~SharedBuffers() { io_uring_unregister_buf_ring(ring_.get(), group); }
  SharedBuffers(const SharedBuffers&) = delete;
  SharedBuffers& operator=(const SharedBuffers&) = delete;

  unsigned count() const { return count_; }
  static unsigned number_of(const io_uring_cqe& completion) {
    return completion.flags >> IORING_CQE_BUFFER_SHIFT;
  }
  std::string_view bytes(unsigned number, std::size_t length) const {
    return {&bytes_[number * stride()], length};
  }
  void give_back(unsigned number);

 private:
  struct Free {
    void operator()(io_uring_buf_ring* ring) const { std::free(ring); }
  };
  // Not a power of two apart: their beginnings, which are used most, share no cache set.
  std::size_t stride() const { return room_ + 64; }

  Uring& ring_;
  const std::size_t room_;
  const unsigned count_;
  std::vector<char> bytes_;
  std::unique_ptr<io_uring_buf_ring, Free> entries_;
};

}  // namespace targets

#endif  // WIREPROOF_TARGETS_COMMON_URING_H_
