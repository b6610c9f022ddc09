#include "common/uring.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <new>

#include "common/error.h"

namespace targets {

Uring::Uring(unsigned entries) {
  io_uring_params parameters{};
  parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
  parameters.cq_entries = 4 * entries;
  int error = io_uring_queue_init_params(entries, &ring_, &parameters);
  if (error == -EINVAL) {  // before Linux 6.1
    parameters = {};
    parameters.flags = IORING_SETUP_CQSIZE;
    parameters.cq_entries = 4 * entries;
    error = io_uring_queue_init_params(entries, &ring_, &parameters);
  }
  if (error < 0) {
    throw Failure(describe_error("make", "an io_uring", -error) +
                  " (kernel.io_uring_disabled, or a container's seccomp filter, may forbid it: "
                  "--engine epoll)");
  }
}

io_uring_sqe* Uring::submission() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  while (entry == nullptr) {
    io_uring_submit(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void Uring::wait(unsigned completions, int milliseconds) {
  int result = 0;
  if (milliseconds < 0) {
    result = io_uring_submit_and_wait(&ring_, completions);
  } else {
    io_uring_cqe* first = nullptr;
    __kernel_timespec span{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    result = io_uring_submit_and_wait_timeout(&ring_, &first, completions, &span, nullptr);
  }
  // The time is over, a signal, no memory just now, or completions are to be taken out first.
  const bool passing =
      result == -ETIME || result == -EINTR || result == -EAGAIN || result == -EBUSY;
  if (result < 0 && !passing) throw_errno("wait for", "an io_uring", -result);
}

void Uring::cancel_all() {
  io_uring_submit(&ring_);
  io_uring_sync_cancel_reg all{};
  all.flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
  all.timeout = {1, 0};
  io_uring_register_sync_cancel(&ring_, &all);
  io_uring_get_events(&ring_);
}

SharedBuffers::SharedBuffers(Uring& ring, std::size_t room, unsigned count)
    : ring_(ring), room_(room), count_(count), bytes_(count_ * stride()) {
  const std::size_t size = std::max<std::size_t>(count_ * sizeof(io_uring_buf), 4096);
  entries_.reset(static_cast<io_uring_buf_ring*>(std::aligned_alloc(4096, size)));
  if (!entries_) throw std::bad_alloc();
  std::memset(static_cast<void*>(entries_.get()), 0, size);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_.get());
  registration.ring_entries = count_;
  registration.bgid = group;
  if (const int error = io_uring_register_buf_ring(ring_.get(), &registration, 0); error < 0) {
    throw Failure(describe_error("share buffers with", "an io_uring", -error) +
                  " (it takes Linux 6.0: --engine epoll)");
  }
  for (unsigned i = 0; i < count_; ++i) give_back(i);
}

void SharedBuffers::give_back(unsigned number) {
  io_uring_buf_ring_add(entries_.get(), &bytes_[number * stride()], static_cast<unsigned>(room_),
                        static_cast<unsigned short>(number), io_uring_buf_ring_mask(count_), 0);
  io_uring_buf_ring_advance(entries_.get(), 1);
}

}  // namespace targets
