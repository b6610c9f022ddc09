#include "tcp/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "tcp/ladder_row.h"

namespace wireproof::tcp {
namespace {

namespace flag = packet::flag;

constexpr std::size_t kNarrow = 76;    // below: short names of states
constexpr std::size_t kTimeless = 60;  // below: no times
constexpr std::uint32_t kNotTaken =
    mark::stray | mark::outside_window | mark::bad_checksum | mark::capture_duplicate;

std::string thousands(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string_view short_name(State state) {
  switch (state) {
    case State::syn_received:
      return "SYN_RCVD";
    case State::established:
      return "ESTAB";
    case State::fin_wait_1:
      return "FIN_W_1";
    case State::fin_wait_2:
      return "FIN_W_2";
    case State::close_wait:
      return "CLOSE_W";
    case State::time_wait:
      return "TIME_W";
    default:
      return name(state);
  }
}

class Ladder {
 public:
  Ladder(const Connection& connection, std::span<const Finding> findings,
         const LadderOptions& options)
      : c_(connection), options_(options) {
    width_ = static_cast<std::size_t>(std::max(options.width, 40));
    const std::uint64_t last = c_.segments.empty() ? 1 : c_.segments.back().packet;
    number_width_ = std::max<std::size_t>(2, std::to_string(last).size());
    if (width_ >= kTimeless) time_width_ = std::max<std::size_t>(7, time(c_.last_time_ns).size());
    state_width_ = width_ < kNarrow ? 8 : 12;
    left_bar_ = 1 + number_width_ + (time_width_ ? time_width_ + 2 : 0) + 1 + state_width_ + 1;
    right_bar_ = width_ - state_width_ - 2;
    for (const Transition& change : c_.transitions) changes_[change.packet].push_back(&change);
    for (const LadderNote& note : options_.notes) {
      if (note.packet != 0 && has_segment(note.packet)) {
        notes_[note.packet].push_back(&note);
      } else {
        loose_.push_back(&note);
      }
    }
    for (const Finding& finding : findings) {
      for (const std::uint64_t packet : finding.packets) named_.insert(packet);
      if (finding.packets.empty()) {
        told_at_end_.push_back(&finding);
      } else {
        told_[finding.packets.back()].push_back(&finding);
      }
    }
  }

  std::string draw() {
    head();
    const std::vector<bool> shown = choose();
    for (std::size_t i = 0; i < c_.segments.size();) {
      loose_notes_before(c_.segments[i].time_ns);
      if (shown[i]) {
        segment(c_.segments[i++]);
        continue;
      }
      std::size_t end = i;
      while (end < shown.size() && !shown[end]) ++end;
      fold(i, end);
      i = end;
    }
    loose_notes_before(std::numeric_limits<std::int64_t>::max());
    for (const Finding* finding : told_at_end_) tell(*finding);
    if (options_.summary) summary();
    return text_;
  }

 private:
  std::string_view ink(std::string_view unicode, std::string_view ascii) const {
    return options_.unicode ? unicode : ascii;
  }
  std::string_view bar() const { return ink("│", "|"); }
  std::string_view cut() const { return ink("…", "~"); }
  Row row() const { return Row(options_.colour); }
  void end_row(const Row& row) { text_ += row.line(); }

  bool has_segment(std::uint64_t packet) const {
    const auto found = std::ranges::lower_bound(c_.segments, packet, {}, &Segment::packet);
    if (found != c_.segments.end() && found->packet == packet) return true;
    // Segments stand in the order of the wire, which is not always that of the capture.
    return std::ranges::find(c_.segments, packet, &Segment::packet) != c_.segments.end();
  }

  bool seconds() const { return c_.last_time_ns - c_.first_time_ns >= 10'000'000'000; }
  std::string time(std::int64_t ns) const {
    return fmt::format("{:.3f}",
                       static_cast<double>(ns - c_.first_time_ns) / (seconds() ? 1e9 : 1e6));
  }
  std::string state(State s) const {
    return std::string(width_ < kNarrow ? short_name(s) : name(s));
  }

  void head() {
    const std::string client = "client " + packet::to_string(c_.end(Side::client).endpoint);
    const std::string server = packet::to_string(c_.end(Side::server).endpoint) + " server";
    Row names = row();
    names.put(clipped(client, width_, cut()), Ink::request);
    if (columns(client) + columns(server) + 2 > width_) {
      end_row(names);
      names = row();
    }
    const std::string end = clipped(server, width_, cut());
    names.to(width_ - columns(end)).put(end, Ink::answer);
    end_row(names);

    Row first = row();
    if (time_width_ != 0) {
      first.to(1 + number_width_ + 2).right(seconds() ? "s" : "ms", time_width_, Ink::faint);
    }
    first.to(left_bar_ - 1 - state_width_)
        .right(state(initial(Side::client)), state_width_, Ink::bold);
    first.to(left_bar_).put(bar()).to(right_bar_).put(bar()).to(right_bar_ + 2);
    first.put(state(initial(Side::server)), Ink::bold);
    end_row(first);
  }

  State initial(Side side) const { return state_path(c_, side).front(); }

  // Which segments are drawn: the first, the last, and between them those that matter.
  std::vector<bool> choose() const {
    const std::size_t count = c_.segments.size();
    const std::size_t limit = std::max<std::size_t>(options_.limit, 4);
    std::vector<bool> shown(count, count <= limit);
    if (count <= limit) return shown;
    std::size_t left = limit;
    const auto show = [&](std::size_t i) {
      if (left == 0 || shown[i]) return;
      shown[i] = true;
      --left;
    };
    for (std::size_t i = 0; i < limit / 4; ++i) show(i);
    for (std::size_t i = 0; i < limit / 4; ++i) show(count - 1 - i);
    for (std::size_t i = 0; i < count; ++i)
      if (named_.contains(c_.segments[i].packet) || notes_.contains(c_.segments[i].packet)) show(i);
    for (std::size_t i = count; i-- > 0;)
      if (changes_.contains(c_.segments[i].packet)) show(i);
    for (std::size_t i = 0; left != 0 && i < count; ++i) {
      show(i);
      show(count - 1 - i);
    }
    return shown;
  }

  // What is said of a segment, from most to least; the longest that fits is used.
  std::vector<std::string> labels(const Segment& s) const {
    std::string flags = packet::flags_text(s.flags);
    std::string letters;
    for (const auto& [bit, letter] : {std::pair{flag::syn, 'S'},
                                      {flag::fin, 'F'},
                                      {flag::rst, 'R'},
                                      {flag::psh, 'P'},
                                      {flag::ack, 'A'}})
      if ((s.flags & bit) != 0) letters += letter;
    const bool has_ack = (s.flags & flag::ack) != 0;
    const std::string marks = marks_text(s.marks & ~(mark::offloaded | mark::fast_open_data));
    const std::string bytes =
        s.length == 0 ? ""
                      : fmt::format("{} byte{}", thousands(s.length), s.length == 1 ? "" : "s");
    std::string numbers = fmt::format("seq {}", s.seq);
    if (has_ack) numbers += fmt::format("  ack {}", s.ack);
    const auto join = [](std::initializer_list<std::string> parts) {
      std::string all;
      for (const std::string& part : parts) {
        if (part.empty()) continue;
        if (!all.empty()) all += "  ";
        all += part;
      }
      return all;
    };
    const std::string brief = s.length == 0 ? "" : fmt::format("{} B", s.length);
    return {join({flags, numbers, bytes, marks}),
            join({flags, numbers, bytes, marks.empty() ? "" : std::string(cut())}),
            join({flags, numbers, brief}),
            join({fmt::format("{} {}{}", letters, s.seq, has_ack ? fmt::format(",{}", s.ack) : ""),
                  brief}),
            join({flags, brief}),
            join({letters, brief}),
            letters};
  }

  Ink ink_of(const Segment& s) const {
    if (named_.contains(s.packet) || (s.flags & flag::rst) != 0) return Ink::alarm;
    if ((s.flags & (flag::syn | flag::fin)) != 0) return Ink::control;
    return s.from == Side::client ? Ink::request : Ink::answer;
  }

  bool is_lost(const Segment& s) const {
    const auto found = notes_.find(s.packet);
    return found != notes_.end() &&
           std::ranges::any_of(found->second, [](const LadderNote* note) { return note->lost; });
  }

  // From its sender's line to a cross.
  void lost_arrow(Row& row, Side from, std::span<const std::string> candidates) const {
    const std::size_t room = right_bar_ - left_bar_ - 1, reach = room * 3 / 4;
    std::string label;
    for (const std::string& candidate : candidates) {
      label = candidate;
      if (columns(label) + 6 <= reach) break;
    }
    label = " " + clipped(label, reach - 6, cut()) + " ";
    const std::size_t lines = reach - 1 - columns(label);
    std::string drawn;
    for (std::size_t i = 0; i < lines / 2; ++i) drawn += ink("╌", ".");
    drawn += label;
    for (std::size_t i = 0; i < lines - lines / 2; ++i) drawn += ink("╌", ".");
    if (from == Side::client) {
      row.put(drawn + std::string(ink("✗", "x")), Ink::alarm);
    } else {
      row.to(left_bar_ + 1 + room - reach).put(std::string(ink("✗", "x")) + drawn, Ink::alarm);
    }
  }

  void loose_notes_before(std::int64_t time_ns) {
    for (; next_loose_ < loose_.size() && loose_[next_loose_]->time_ns < time_ns; ++next_loose_) {
      const LadderNote& note = *loose_[next_loose_];
      if (next_loose_ == options_.limit) {
        say(ink("╰", "`"), fmt::format("{} more that the link did", loose_.size() - next_loose_),
            Ink::faint);
      }
      if (next_loose_ >= options_.limit) continue;
      Row line = row();
      if (time_width_ != 0) {
        line.to(1 + number_width_ + 2).right(time(note.time_ns), time_width_, Ink::faint);
      }
      line.to(left_bar_).put(bar());
      const std::size_t room = right_bar_ - left_bar_ - 1;
      if (note.has_segment && note.lost) {
        lost_arrow(line, note.from, std::span(&note.segment, 1));
      } else {
        const std::string text = clipped(note.has_segment ? note.segment : note.text, room, cut());
        line.to(left_bar_ + 1 + (room - columns(text)) / 2).put(text, Ink::faint);
      }
      line.to(right_bar_).put(bar());
      end_row(line);
      if (note.has_segment) say(ink("╰", "`"), note.text, Ink::plain);
    }
  }

  void arrow(Row& row, const Segment& s) const {
    const std::size_t room = right_bar_ - left_bar_ - 1;
    if (is_lost(s)) return lost_arrow(row, s.from, labels(s));
    std::string label;
    for (const std::string& candidate : labels(s)) {
      label = candidate;
      if (columns(label) + 6 <= room) break;
    }
    label = " " + clipped(label, room - 6, cut()) + " ";
    const std::size_t lines = room - 1 - columns(label);
    const std::string_view line = (s.marks & kNotTaken) != 0 ? ink("╌", ".") : ink("─", "-");
    const auto stroke = [&](std::size_t length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += line;
      return text;
    };
    const std::size_t before = lines / 2;
    const bool right = s.from == Side::client;
    std::string drawn;
    if (!right) drawn += ink("◀", "<");
    drawn += stroke(before) + label + stroke(lines - before);
    if (right) drawn += ink("▶", ">");
    row.put(drawn, ink_of(s));
  }

  void segment(const Segment& s) {
    const bool named = named_.contains(s.packet);
    std::vector<State> left, right;
    if (const auto it = changes_.find(s.packet);
        it != changes_.end() && (s.marks & mark::capture_duplicate) == 0) {
      for (const Transition* change : it->second)
        (change->side == Side::client ? left : right).push_back(change->to);
    }
    const std::size_t rows = std::max<std::size_t>({1, left.size(), right.size()});
    for (std::size_t i = 0; i < rows; ++i) {
      Row line = row();
      if (i == 0) {
        if (named) line.put(ink("✗", "!"), Ink::alarm);
        line.to(1).right(std::to_string(s.packet), number_width_, named ? Ink::alarm : Ink::faint);
        if (time_width_ != 0) {
          line.to(1 + number_width_ + 2).right(time(s.time_ns), time_width_, Ink::faint);
        }
      }
      line.to(left_bar_ - 1 - state_width_);
      if (i < left.size()) line.right(state(left[i]), state_width_, Ink::bold);
      line.to(left_bar_).put(bar());
      if (i == 0) arrow(line, s);
      line.to(right_bar_).put(bar());
      if (i < right.size()) line.to(right_bar_ + 2).put(state(right[i]), Ink::bold);
      end_row(line);
    }
    if (const auto it = notes_.find(s.packet); it != notes_.end())
      for (const LadderNote* note : it->second) say(ink("╰", "`"), note->text, Ink::plain);
    if (const auto it = told_.find(s.packet); it != told_.end())
      for (const Finding* finding : it->second) tell(*finding);
  }

  void fold(std::size_t from, std::size_t to) {
    std::uint64_t bytes = 0;
    for (std::size_t i = from; i < to; ++i) bytes += c_.segments[i].length;
    const std::string dots(ink("…", "..."));
    const std::string said = fmt::format("{} {} segments, {} bytes {}", dots, thousands(to - from),
                                         thousands(bytes), dots);
    const std::string brief = fmt::format("{} {} {}", dots, thousands(to - from), dots);
    const std::size_t room = right_bar_ - left_bar_ - 1;
    const std::string text = columns(said) <= room ? said : clipped(brief, room, cut());
    Row line = row();
    line.to(left_bar_).put(ink("┆", ":"), Ink::faint);
    line.to(left_bar_ + 1 + (room - columns(text)) / 2).put(text, Ink::faint);
    line.to(right_bar_).put(ink("┆", ":"), Ink::faint);
    end_row(line);
  }

  void say(std::string_view lead, const std::string& words, Ink how) {
    const std::size_t indent = 1 + number_width_ + 2;
    Row line = row();
    line.to(indent).put(lead, Ink::alarm).to(indent + 2);
    line.put(clipped(words, width_ - indent - 2, cut()), how);
    end_row(line);
  }

  void tell(const Finding& finding) {
    say(ink("╰", "`"), finding.rule, finding.severity == Severity::note ? Ink::faint : Ink::alarm);
    say(" ", "expected " + finding.expected, Ink::plain);
    say(" ", "observed " + finding.observed, Ink::plain);
  }

  void summary() {
    std::string text = fmt::format("opening {}  closing {}", name(c_.opening), name(c_.closing));
    if (c_.closed_first != ClosedFirst::nobody) {
      text += fmt::format("  closed first by {}", name(c_.closed_first));
    }
    text +=
        fmt::format("  {} bytes {}  {} bytes {}", thousands(c_.end(Side::client).payload_bytes),
                    ink("→", "->"), thousands(c_.end(Side::server).payload_bytes), ink("←", "<-"));
    Row line = row();
    line.put(clipped(text, width_, cut()), Ink::faint);
    end_row(line);
  }

  const Connection& c_;
  const LadderOptions& options_;
  std::size_t width_ = 0, number_width_ = 0, time_width_ = 0, state_width_ = 0;
  std::size_t left_bar_ = 0, right_bar_ = 0;
  std::map<std::uint64_t, std::vector<const Transition*>> changes_;
  std::map<std::uint64_t, std::vector<const Finding*>> told_;
  std::vector<const Finding*> told_at_end_;
  std::set<std::uint64_t> named_;
  std::map<std::uint64_t, std::vector<const LadderNote*>> notes_;  // of segments that are here
  std::vector<const LadderNote*> loose_;
  std::size_t next_loose_ = 0;
  std::string text_;
};

}  // namespace

std::string ladder(const Connection& connection, std::span<const Finding> findings,
                   const LadderOptions& options) {
  return Ladder(connection, findings, options).draw();
}

}  // namespace wireproof::tcp
