// The terminal while keys are read one by one: no echo, no line editing, the alternate screen.
// Thread rule: one thread. Lifetime: when it ends, however that comes, the terminal is as it was.
#pragma once

#include <termios.h>

#include <ostream>
#include <string>
#include <vector>

namespace wireproof::step {

class Terminal {
 public:
  // `input`: the terminal's descriptor. Throws SystemError where it is none.
  Terminal(int input, std::ostream& out);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int fd() const { return input_; }
  // The keys that wait, by name: "a", "up", "down", "enter", "space", "escape". False: the terminal
  // has gone.
  bool read(std::vector<std::string>& keys);
  void draw(const std::vector<std::string>& lines);
  void suspend();  // gives the terminal back, stops this process, and takes it again
  unsigned rows() const;

 private:
  void enter();
  void leave();

  int input_;
  std::ostream& out_;
  termios before_{};
  bool entered_ = false;
};

}  // namespace wireproof::step
