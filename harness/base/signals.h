// Signals held back while an object of these lives. HeldSignals only holds them: they act when it
// ends. Signals makes them something to read, and takes what has come unread with it when it ends.
// Of the thread that makes them, and of threads and processes that it makes meanwhile. Thread rule:
// ended by the thread that made it; for a whole process, made before other threads.
#pragma once

#include <csignal>
#include <initializer_list>

#include "base/fd.h"

namespace wireproof {

class HeldSignals {
 public:
  explicit HeldSignals(std::initializer_list<int> numbers);
  static HeldSignals all();  // that can be
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  const sigset_t& set() const { return held_; }

 private:
  explicit HeldSignals(const sigset_t& held);
  sigset_t held_{}, before_{};
};

class Signals {
 public:
  // Throws SystemError where the kernel gives no signalfd(2).
  explicit Signals(std::initializer_list<int> numbers);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const { return fd_.get(); }  // readable when one waits
  int take();                           // its number; 0: none waits

 private:
  HeldSignals held_;
  Fd fd_;
};

}  // namespace wireproof
