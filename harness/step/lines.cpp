#include "step/lines.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "step/wish.h"

namespace wireproof::step {

const char* const lines_help =
    "pass [PACKET]              let the oldest held packet that fits through\n"
    "drop [PACKET]              it never arrives\n"
    "double [PACKET]            it arrives twice\n"
    "run PACKET|STATE|end       let all through until it is held, an end is in that\n"
    "                           state, or the client has ended and nothing moves\n"
    "await PACKET|STATE|end     the same, letting nothing through\n"
    "states, ladder             both ends as the kernel sees them; the ladder\n"
    "words [PACKET]             a packet's fields in words\n"
    "help | quit\n"
    "PACKET: a number, or [client|server] and flags (SYN, SYN-ACK, FIN ...) or data\n"
    "STATE:  [client|server] and a state (ESTABLISHED, FIN_WAIT_1 ...)\n";

namespace {

constexpr milliseconds tick{20}, reaction{5};

class Script {
 public:
  Script(Session& session, Signals& signals, std::ostream& out, std::ostream& err,
         const LinesOptions& options)
      : session_(session), signals_(signals), out_(out), err_(err), options_(options) {}

  LinesEnd run() {
    tell();
    std::string line;
    while (true) {
      const Next next = read(line);
      if (next == Next::interrupted) return LinesEnd::interrupted;
      if (next == Next::end) return LinesEnd::done;
      ++number_;
      line = line.substr(0, line.find('#'));
      std::istringstream stream(line);
      std::vector<std::string> words;
      for (std::string word; stream >> word;) words.push_back(word);
      if (words.empty()) continue;
      if (words[0] == "quit" || words[0] == "exit") return LinesEnd::done;
      const std::optional<LinesEnd> end = act(words);
      if (end) return *end;
    }
  }

 private:
  enum class Next : std::uint8_t { line, end, interrupted };
  enum class Got : std::uint8_t { yes, no, interrupted };

  // The next line; meanwhile what happens is told.
  Next read(std::string& line) {
    while (true) {
      if (const std::size_t end = pending_.find('\n'); end != std::string::npos) {
        line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return Next::line;
      }
      if (ended_ && pending_.empty()) return Next::end;
      if (ended_) {
        line = std::exchange(pending_, {});
        return Next::line;
      }
      pollfd fds[2] = {{options_.input, POLLIN, 0}, {signals_.fd(), POLLIN, 0}};
      ::poll(fds, 2, static_cast<int>(tick.count()));
      if (interrupted()) return Next::interrupted;
      look();
      if (fds[0].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = checked("read", "commands",
                                  [&] { return ::read(options_.input, buffer, sizeof buffer); });
      if (got == 0) ended_ = true;
      if (got > 0) pending_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  bool interrupted() {
    for (int number = signals_.take(); number != 0; number = signals_.take()) {
      if (number == SIGTSTP) ::kill(::getpid(), SIGSTOP);
      if (number != SIGWINCH && number != SIGTSTP) return true;
    }
    return false;
  }

  void look() {
    session_.look();
    tell();
  }

  void tell() {
    const auto& log = session_.story().log();
    for (; told_ < log.size(); ++told_) out_ << log[told_] << '\n';
    out_ << std::flush;
  }

  // Looks until `done`, at the most for the patience.
  Got await(const std::function<bool()>& done) {
    const Deadline deadline = Deadline::after(options_.patience);
    look();
    while (!done()) {
      if (interrupted()) return Got::interrupted;
      if (deadline.passed()) return Got::no;
      session_.look_within(std::min<nanoseconds>(tick, deadline.remaining()));
      tell();
    }
    return Got::yes;
  }

  const Row* first_held(const Wish& wish) const {
    for (const Row& row : session_.story().rows()) {
      if (row.number != 0 && row.fate == Fate::held && wish.fits(row)) return &row;
    }
    return nullptr;
  }

  std::optional<LinesEnd> bad(const std::string& why) {
    err_ << fmt::format("wireproof: step: line {}: {}\n", number_, why);
    return LinesEnd::bad_command;
  }

  std::optional<LinesEnd> after(Got got, const Wish& wish) {
    if (got == Got::yes) return std::nullopt;
    if (got == Got::interrupted) return LinesEnd::interrupted;
    std::string seen;
    for (const auto& [number, known] : session_.story().conversations()) {
      seen += fmt::format("; client {}, server {}", tcp::name(known.state(Side::client)),
                          tcp::name(known.state(Side::server)));
    }
    for (const Row& row : session_.story().rows()) {
      if (row.number != 0 && row.fate == Fate::held) {
        seen += fmt::format("; held {}: {}", row.number, in_short(row.packet));
      }
    }
    err_ << fmt::format("wireproof: step: line {}: {} did not come within {} ms{}\n", number_,
                        to_string(wish), options_.patience.count(), seen);
    return LinesEnd::missed;
  }

  std::optional<LinesEnd> act(const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    const auto wish = wish_of(std::span(words).subspan(1));
    if (!wish) return bad(wish.error());
    if (verb == "pass") return settle(*wish, Fate::passed);
    if (verb == "drop") return settle(*wish, Fate::dropped);
    if (verb == "double") return settle(*wish, Fate::doubled);
    if (verb == "run") return run_to(*wish);
    if (verb == "await") return after(await([&] { return holds(*wish); }), *wish);
    if (verb == "states") {
      look();
      for (const auto& [number, known] : session_.story().conversations()) {
        out_ << fmt::format("connection {} client {} server {}\n", number,
                            tcp::name(known.state(Side::client)),
                            tcp::name(known.state(Side::server)));
      }
    } else if (verb == "ladder") {
      look();
      for (const auto& line : ladder(session_.story(), options_.view)) out_ << line << '\n';
    } else if (verb == "words") {
      const Got got = await([&] { return first_held(*wish) != nullptr; });
      if (got != Got::yes) return after(got, *wish);
      for (const auto& line : packet_lines(session_.story(), *first_held(*wish), options_.view))
        out_ << line << '\n';
    } else if (verb == "help") {
      out_ << lines_help;
    } else {
      const std::string near = nearest(verb, {"pass", "drop", "double", "run", "await", "states",
                                              "ladder", "words", "help", "quit"});
      return bad(fmt::format("unknown command {}{}", quoted(verb),
                             near.empty() ? "; see `help`" : ": did you mean " + near + "?"));
    }
    out_ << std::flush;
    return std::nullopt;
  }

  bool holds(const Wish& wish) const {
    if (wish.end) return session_.over();
    return wish.state ? wish.holds(session_.story()) : first_held(wish) != nullptr;
  }

  std::optional<LinesEnd> settle(const Wish& wish, Fate fate) {
    if (!wish.is_packet()) return bad(fmt::format("{} is no packet", to_string(wish)));
    const Got got = await([&] { return first_held(wish) != nullptr; });
    if (got != Got::yes) return after(got, wish);
    session_.settle(first_held(wish)->number, fate);
    session_.look_within(tick);
    tell();
    return std::nullopt;
  }

  std::optional<LinesEnd> run_to(const Wish& wish) {
    const Got got = await([&] {
      while (true) {
        const Row* row = session_.story().oldest_held();
        // What came before the packet is let through, too: all that is held follows it.
        if (wish.is_packet() ? row != nullptr && wish.fits(*row) : holds(wish)) return true;
        if (row == nullptr) return false;
        session_.settle(row->number, Fate::passed);
        // As long as its receiver may need: a state that is run to must not be run past.
        session_.look_within(reaction);
        tell();
      }
    });
    return after(got, wish);
  }

  Session& session_;
  Signals& signals_;
  std::ostream& out_;
  std::ostream& err_;
  const LinesOptions& options_;
  std::string pending_;
  bool ended_ = false;
  std::size_t told_ = 0;
  unsigned number_ = 0;
};

}  // namespace

LinesEnd run_lines(Session& session, Signals& signals, std::ostream& out, std::ostream& err,
                   const LinesOptions& options) {
  return Script(session, signals, out, err, options).run();
}

}  // namespace wireproof::step
