#include "process/output_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "base/error.h"
#include "base/signals.h"

namespace wireproof::process {

namespace {

constexpr std::size_t read_bytes = 64 << 10;  // a pipe holds no more

Fd make_event() {
  return Fd(checked("make", "an eventfd", [] { return ::eventfd(0, EFD_CLOEXEC); }));
}

void set_event(const Fd& event) {
  const std::uint64_t one = 1;
  (void)!::write(event.get(), &one, sizeof one);
}

}  // namespace

void BoundedText::append(const char* data, std::size_t size) {
  total_ += size;
  const std::size_t to_first = std::min(size, half_ - first_.size());
  first_.append(data, to_first);
  data += to_first;
  size -= to_first;
  if (size > half_) {  // only the end of it will be kept
    data += size - half_;
    size = half_;
  }
  while (size > 0) {
    if (last_.size() < half_) {
      const std::size_t fits = std::min(size, half_ - last_.size());
      last_.append(data, fits);
      next_ = last_.size() % half_;
      data += fits;
      size -= fits;
    } else {
      const std::size_t fits = std::min(size, half_ - next_);
      std::copy_n(data, fits, last_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = (next_ + fits) % half_;
      data += fits;
      size -= fits;
    }
  }
}

Output BoundedText::output() const {
  Output output{first_, total_};
  const std::uint64_t left_out = total_ - first_.size() - last_.size();
  if (left_out > 0) output.text += fmt::format("\n[... {} bytes left out ...]\n", left_out);
  if (last_.size() == half_) {
    output.text.append(last_, next_);
    output.text.append(last_, 0, next_);
  } else {
    output.text += last_;
  }
  return output;
}

OutputReader::OutputReader(Fd standard_output, Fd standard_error, std::size_t limit_bytes)
    : streams_{std::move(standard_output), std::move(standard_error)},
      stop_(make_event()),
      ended_(make_event()),
      texts_{BoundedText(limit_bytes), BoundedText(limit_bytes)} {
  for (const Fd& stream : streams_) ::fcntl(stream.get(), F_SETFL, O_NONBLOCK);
  // Signals are the business of the threads that were there before.
  const HeldSignals held = HeldSignals::all();
  thread_ = std::thread([this] { run(); });
}

OutputReader::~OutputReader() { stop(); }

void OutputReader::stop() {
  if (!thread_.joinable()) return;
  set_event(stop_);
  thread_.join();
}

bool OutputReader::await_end(Deadline deadline) {
  pollfd wait{ended_.get(), POLLIN, 0};
  return retry_eintr([&] { return ::poll(&wait, 1, deadline.remaining_ms()); }) == 1;
}

Output OutputReader::output(std::size_t stream) const {
  const std::lock_guard lock(mutex_);
  return texts_[stream].output();
}

// False at the end of the stream.
bool OutputReader::read_once(std::size_t stream) {
  std::array<char, read_bytes> buffer;
  const ssize_t size =
      retry_eintr([&] { return ::read(streams_[stream].get(), buffer.data(), buffer.size()); });
  if (size == -1 && errno == EAGAIN) return true;
  if (size <= 0) return false;
  const std::lock_guard lock(mutex_);
  texts_[stream].append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

void OutputReader::run() {
  std::array<pollfd, 3> wait{pollfd{streams_[0].get(), POLLIN, 0},
                             pollfd{streams_[1].get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (wait[0].fd >= 0 || wait[1].fd >= 0) {
    ::poll(wait.data(), wait.size(), -1);
    const bool stopping = wait[2].revents != 0;
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (wait[i].fd >= 0 && wait[i].revents != 0 && !read_once(i)) wait[i].fd = -1;
    if (stopping) return;  // one reading after stop(): a pipe holds no more than that
  }
  set_event(ended_);
}

}  // namespace wireproof::process
