// Reads what a program writes, as fast as it comes, and keeps the beginning and the end of it: a
// flood neither blocks the program nor fills our memory.
// Thread rule: has a thread of its own; all else from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/fd.h"
#include "process/process.h"

namespace wireproof::process {

// The first and the last half of a stream. Not for several threads at once.
class BoundedText {
 public:
  explicit BoundedText(std::size_t limit_bytes) : half_(limit_bytes / 2) {}
  void append(const char* data, std::size_t size);
  Output output() const;

 private:
  std::size_t half_;
  std::string first_;
  std::string last_;      // a ring once it is full
  std::size_t next_ = 0;  // where in the ring the next byte goes
  std::uint64_t total_ = 0;
};

class OutputReader {
 public:
  // Reads both ends until they are closed by all who hold them, or until stop().
  OutputReader(Fd standard_output, Fd standard_error, std::size_t limit_bytes);
  ~OutputReader();
  OutputReader(const OutputReader&) = delete;

  Output output(std::size_t stream) const;  // 0: standard output, 1: standard error
  // Takes what has been written so far, and ends; descendants may still hold the other ends.
  void stop();
  // Waits until all writers have closed.
  bool await_end(Deadline deadline);

 private:
  void run();
  bool read_once(std::size_t stream);

  std::array<Fd, 2> streams_;
  Fd stop_, ended_;
  mutable std::mutex mutex_;
  std::array<BoundedText, 2> texts_;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace wireproof::process
