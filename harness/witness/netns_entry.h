// The calling thread in another network namespace for a moment. Thread rule: stays on one thread.
#pragma once

#include "base/fd.h"

namespace wireproof::witness {

class NetnsEntry {
 public:
  explicit NetnsEntry(int netns_fd);  // -1, or the present one: nothing to do
  ~NetnsEntry();
  NetnsEntry(const NetnsEntry&) = delete;

 private:
  Fd home_;
};

}  // namespace wireproof::witness
