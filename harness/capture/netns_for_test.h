// For tests: a network namespace of its own with lo up, and threads within it. Where the tests run
// without root, the process enters a user namespace first, before main() and any thread.
#pragma once

#include <functional>
#include <string>

#include "base/fd.h"

namespace wireproof::capture {

// Empty, or why no namespaces can be made here: the test is skipped, with this.
std::string why_no_namespaces();

class TestNetns {
 public:
  // `mtu` as the lab sets it: with offloads off, real segments pass on lo.
  explicit TestNetns(int mtu = 1500);
  int fd() const { return fd_.get(); }

  // Runs `work` in a thread within the namespace, until it is done. Exceptions come out.
  void run(const std::function<void()>& work) const;

 private:
  Fd fd_;
};

// Makes a pair of veth interfaces in the namespace of the calling thread, up, without addresses.
void make_veth_pair(const std::string& one, const std::string& other);
void set_link_up(const std::string& name, bool up);

// A busy loop on each CPU while it lives.
class BusyCpus {
 public:
  BusyCpus();
  ~BusyCpus();

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace wireproof::capture
