#include "step/keys.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "step/terminal.h"
#include "step/wish.h"

namespace wireproof::step {
namespace {

constexpr int tick_ms = 50;

constexpr const char* usual_keys =
    "[space] let through  [d] drop  [2] double  [up/down] choose  [r] run to ...  [?] help  "
    "[q] quit";
constexpr const char* run_keys_line =
    "run to:  [s] SYN  [a] SYN-ACK  [p] data  [f] FIN  [r] RST  [w] TIME_WAIT  [e] the end  "
    "[esc] no";

constexpr const char* help_text[] = {
    "Every packet between the two programs stops here until you say what becomes of it.",
    "",
    "space, enter  let the chosen packet through       d  drop it: it never arrives",
    "2             let it through twice                up, down  choose another that is held",
    "r             let all through up to an event      any key ends that",
    "q             quit: both programs are ended",
    "",
    "The ladder has the packets in the order in which they reached the other end. Beside it stand "
    "the states that each end's kernel names, read anew all the time: a held packet stops its "
    "connection where it is, so you can look at FIN_WAIT_1 for as long as you like. "
    "A segment that its sender sends again while it is held is dropped and counted (+1 again).",
    "",
    "any key: back",
};

struct RunKey {
  char key;
  const char* words[2];
};
constexpr RunKey run_choices[] = {
    {'s', {"SYN", ""}}, {'a', {"SYN-ACK", ""}},         {'p', {"data", ""}}, {'f', {"FIN", ""}},
    {'r', {"RST", ""}}, {'w', {"client", "TIME_WAIT"}}, {'e', {"end", ""}}};

std::optional<Wish> chosen_wish(char key) {
  for (const RunKey& one : run_choices) {
    if (one.key != key) continue;
    std::vector<std::string> words;
    for (const char* word : one.words)
      if (*word != '\0') words.emplace_back(word);
    if (const auto wish = wish_of(words)) return *wish;
  }
  return std::nullopt;
}

class Person {
 public:
  Person(Session& session, std::ostream& out, const KeysOptions& options)
      : session_(session), options_(options), terminal_(options.input, out) {}

  // True: a signal ended it.
  bool run(Signals& signals) {
    draw();
    while (true) {
      pollfd fds[2] = {{terminal_.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
      ::poll(fds, 2, running_ ? 5 : tick_ms);
      bool changed = false;
      for (int number = signals.take(); number != 0; number = signals.take()) {
        if (number == SIGTSTP) {
          terminal_.suspend();
        } else if (number != SIGWINCH) {
          return true;
        }
        changed = true;
      }
      if (fds[0].revents != 0) {
        std::vector<std::string> keys;
        if (!terminal_.read(keys) || (keys.empty() && (fds[0].revents & (POLLHUP | POLLERR)) != 0))
          return true;
        for (const std::string& key : keys) {
          if (key == "q" && !asking_) return false;
          press(key);
          changed = true;
        }
      }
      if (session_.look()) changed = true;
      if (go_on()) changed = true;
      if (changed) draw();
    }
  }

 private:
  void press(const std::string& key) {
    if (help_) {
      help_ = false;
    } else if (running_) {
      running_.reset();
      notice_ = "stopped here";
    } else if (asking_) {
      asking_ = false;
      if (key.size() != 1) return;
      running_ = chosen_wish(key[0]);
      if (running_) {
        skip_ = current();
        notice_ = "running to " + to_string(*running_) + " ... (any key stops)";
      }
    } else if (key == "space" || key == "enter" || key == "p" || key == "right") {
      settle(Fate::passed);
    } else if (key == "d") {
      settle(Fate::dropped);
    } else if (key == "2") {
      settle(Fate::doubled);
    } else if (key == "up" || key == "k") {
      choose(-1);
    } else if (key == "down" || key == "j") {
      choose(1);
    } else if (key == "r") {
      asking_ = true;
    } else if (key == "?" || key == "h") {
      help_ = true;
    }
  }

  // The packet that keys act on: the one chosen while it is held, else the oldest.
  unsigned current() const {
    const Row* row = session_.story().find(chosen_);
    if (row == nullptr || row->fate != Fate::held) row = session_.story().oldest_held();
    return row == nullptr ? 0 : row->number;
  }

  void settle(Fate fate) {
    const unsigned number = current();
    if (number == 0) {
      notice_ = "nothing is held";
      return;
    }
    const Row* row = session_.story().find(number);
    notice_ = fmt::format("{}: {}", name(fate), in_short(row->packet));
    session_.settle(number, fate);
    chosen_ = 0;
    session_.look_within(std::chrono::milliseconds(20));
  }

  void choose(int step) {
    std::vector<unsigned> held;
    for (const Row& row : session_.story().rows()) {
      if (row.number != 0 && row.fate == Fate::held) held.push_back(row.number);
    }
    if (held.empty()) return;
    const auto at = std::find(held.begin(), held.end(), current()) - held.begin();
    const auto last = static_cast<std::ptrdiff_t>(held.size()) - 1;
    chosen_ = held[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at + step, 0, last))];
  }

  // One step of a run; true: something was done.
  bool go_on() {
    if (!running_) return false;
    if (running_->end ? session_.over() : running_->holds(session_.story())) return arrived();
    const Row* row = session_.story().oldest_held();
    if (row == nullptr) return false;
    // The one that stood there when the run began is not what is run to.
    if (running_->is_packet() && row->number != skip_ && running_->fits(*row)) return arrived();
    session_.settle(row->number, Fate::passed);
    session_.look_within(std::chrono::milliseconds(5));
    return true;
  }

  bool arrived() {
    notice_ = "here: " + to_string(*running_);
    running_.reset();
    return true;
  }

  void draw() {
    ViewOptions view{std::max(40u, options_.columns()), std::max(8u, terminal_.rows()),
                     options_.unicode, options_.colour};
    if (help_) {
      std::vector<std::string> lines;
      for (const char* text : help_text) {
        for (std::string& line : wrapped(text, view.width)) lines.push_back(std::move(line));
      }
      if (lines.size() > view.height) lines.resize(view.height);
      terminal_.draw(lines);
      return;
    }
    Frame frame;
    frame.title = "wireproof step: " + session_.title();
    frame.chosen = current();
    frame.notice = notice_;
    if (!running_ && session_.over()) {
      frame.notice = "the client has ended; nothing moves";
    } else if (!running_ && frame.chosen == 0 && notice_.empty()) {
      frame.notice = "nothing is held: waiting for a packet";
    }
    frame.keys = asking_ ? run_keys_line : usual_keys;
    terminal_.draw(screen(session_.story(), frame, view));
  }

  Session& session_;
  const KeysOptions& options_;
  Terminal terminal_;
  std::string notice_;
  unsigned chosen_ = 0, skip_ = 0;
  std::optional<Wish> running_;
  bool asking_ = false, help_ = false;
};

}  // namespace

bool run_keys(Session& session, Signals& signals, std::ostream& out, const KeysOptions& options) {
  Person person(session, out, options);
  return person.run(signals);
}

}  // namespace wireproof::step
