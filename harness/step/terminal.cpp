#include "step/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

#include "base/error.h"

namespace wireproof::step {

Terminal::Terminal(int input, std::ostream& out) : input_(input), out_(out) {
  if (::tcgetattr(input_, &before_) != 0) throw_errno("read the settings of", "the terminal");
  enter();
}

Terminal::~Terminal() { leave(); }

void Terminal::enter() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ISIG stays: Ctrl-C is a signal
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  if (::tcsetattr(input_, TCSADRAIN, &raw) != 0)
    throw_errno("change the settings of", "the terminal");
  entered_ = true;
  out_ << "\x1b[?1049h\x1b[?25l" << std::flush;  // the alternate screen; no cursor
}

void Terminal::leave() {
  if (!entered_) return;
  entered_ = false;
  out_ << "\x1b[?25h\x1b[?1049l" << std::flush;
  // What was typed ahead is not for the shell.
  (void)::tcsetattr(input_, TCSAFLUSH, &before_);
}

void Terminal::suspend() {
  leave();
  // SIGTSTP itself is held back (signals.h): stopping takes the one that cannot be.
  ::kill(::getpid(), SIGSTOP);
  enter();
}

bool Terminal::read(std::vector<std::string>& keys) {
  char buffer[256];
  const ssize_t got = retry_eintr([&] { return ::read(input_, buffer, sizeof buffer); });
  if (got < 0) return errno == EAGAIN;
  const std::string text(buffer, static_cast<std::size_t>(got));
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\x1b' && at + 2 < text.size() && (text[at + 1] == '[' || text[at + 1] == 'O')) {
      const char letter = text[at + 2];
      at += 2;
      if (letter == 'A') keys.emplace_back("up");
      if (letter == 'B') keys.emplace_back("down");
      if (letter == 'C') keys.emplace_back("right");
      while (letter >= '0' && letter <= '9' && at + 1 < text.size() && text[at] != '~') ++at;
    } else if (c == '\x1b') {
      keys.emplace_back("escape");
    } else if (c == '\r' || c == '\n') {
      keys.emplace_back("enter");
    } else if (c == ' ') {
      keys.emplace_back("space");
    } else if (c > ' ' && c < 127) {
      keys.emplace_back(1, c);
    }
  }
  return true;
}

void Terminal::draw(const std::vector<std::string>& lines) {
  // In one write, each line cleared behind its text: nothing flickers.
  std::string all = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    all += lines[i] + "\x1b[K";
    if (i + 1 < lines.size()) all += "\r\n";
  }
  all += "\x1b[J";
  out_ << all << std::flush;
}

unsigned Terminal::rows() const {
  winsize size{};
  return ::ioctl(input_, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

}  // namespace wireproof::step
