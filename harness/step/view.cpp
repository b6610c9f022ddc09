#include "step/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "step/words.h"
#include "tcp/ladder_row.h"

namespace wireproof::step {
namespace {

using tcp::Ink;

constexpr std::size_t state_columns = 12;  // SYN_RECEIVED
constexpr std::size_t least_arrow = 34;    // below it a packet's words stand over its arrow

struct Glyphs {
  const char *rail, *line, *right, *left, *stop, *lost, *more, *pointer;
};
constexpr Glyphs unicode_glyphs{"│", "─", "▶", "◀", "■", "✗", "…", "▸"};
constexpr Glyphs ascii_glyphs{"|", "-", ">", "<", "#", "x", ".", ">"};

std::string repeated(const char* glyph, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += glyph;
  return text;
}

class Ladder {
 public:
  Ladder(const Story& story, const ViewOptions& options, unsigned chosen)
      : story_(story),
        options_(options),
        glyphs_(options.unicode ? unicode_glyphs : ascii_glyphs),
        chosen_(chosen),
        left_(margin + 1 + state_columns) {
    const std::size_t taken = left_ + 2 + 2 + 1 + state_columns;
    arrow_ = options.width > taken ? options.width - taken : 1;
    arrow_ = std::min<std::size_t>(arrow_, 60);
    above_ = arrow_ < least_arrow;
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all;
    for (const Row& row : story_.rows()) {
      std::vector<std::string> some = row_lines(row);
      std::move(some.begin(), some.end(), std::back_inserter(all));
    }
    return all;
  }

  std::string head() const {
    tcp::Row out(options_.colour);
    out.to(left_ - state_columns).right(tcp::name(tcp::State::closed), state_columns, Ink::faint);
    return rails(out, {}, Ink::plain, std::string(tcp::name(tcp::State::listen)), Ink::faint);
  }

 private:
  static constexpr std::size_t margin = 4;  // pointer and number

  std::string rails(tcp::Row& out, const std::string& arrow, Ink ink, const std::string& right,
                    Ink right_ink) const {
    out.to(left_ + 1).put(glyphs_.rail, Ink::faint);
    out.put(arrow, ink).to(left_ + 2 + arrow_).put(glyphs_.rail, Ink::faint);
    if (!right.empty()) out.put(" ").put(right, right_ink);
    std::string line = out.line();
    line.pop_back();
    return line;
  }

  std::string label(const Row& row) const {
    std::string text;
    if (story_.conversations().size() > 1) text = fmt::format("({}) ", row.packet.connection);
    if (row.packet.protocol != packet::Protocol::tcp) return text + in_short(row.packet);
    text += packet::flags_text(row.packet.flags);
    if (row.packet.sequence) text += fmt::format(" seq {}", *row.packet.sequence);
    if (row.packet.acknowledgement) text += fmt::format(" ack {}", *row.packet.acknowledgement);
    if (row.packet.payload_length > 0) text += fmt::format(" len {}", row.packet.payload_length);
    if (row.copies > 0) {
      text += fmt::format(" (+{} again)", row.copies);
    } else if (row.packet.retransmission) {
      text += " again";
    }
    return text;
  }

  // An arrow of `arrow_` columns: whole, or with an end half way.
  std::string arrow(const Row& row, const std::string& text) const {
    const bool rightwards = sender(row.packet) == Side::client;
    const bool whole = row.fate == Fate::passed || row.fate == Fate::doubled;
    const char* head = row.fate == Fate::held      ? glyphs_.stop
                       : row.fate == Fate::dropped ? glyphs_.lost
                       : rightwards                ? glyphs_.right
                                                   : glyphs_.left;
    const std::size_t heads = row.fate == Fate::doubled ? 2 : 1;
    const std::size_t reach = whole ? arrow_ : arrow_ - arrow_ / 5 - 1;
    const std::size_t room = reach > heads + 3 ? reach - heads - 3 : 0;
    const std::string words =
        text.empty() || room < 4 ? "" : " " + tcp::clipped(text, room - 2, glyphs_.more) + " ";
    const std::size_t dashes = reach - heads - tcp::columns(words);
    const std::size_t before = std::min<std::size_t>(words.empty() ? dashes : 3, dashes);
    const std::string heads_text = repeated(head, heads);
    if (rightwards) {
      return repeated(glyphs_.line, before) + words + repeated(glyphs_.line, dashes - before) +
             heads_text + std::string(arrow_ - reach, ' ');
    }
    return std::string(arrow_ - reach, ' ') + heads_text + repeated(glyphs_.line, before) + words +
           repeated(glyphs_.line, dashes - before);
  }

  static Ink ink_of(const Row& row) {
    switch (row.fate) {
      case Fate::held:
        return Ink::control;
      case Fate::dropped:
        return Ink::alarm;
      default:
        return sender(row.packet) == Side::client ? Ink::request : Ink::answer;
    }
  }

  std::vector<std::string> row_lines(const Row& row) const {
    std::vector<std::string> lines;
    const bool packet = row.number != 0;
    const std::string text = packet ? label(row) : "";
    tcp::Row out(options_.colour);
    const auto number = [&] {
      if (!packet) return;
      out.put(row.number == chosen_ ? glyphs_.pointer : " ", Ink::bold);
      out.right(std::to_string(row.number), margin - 1,
                row.number == chosen_ ? Ink::bold : Ink::faint);
    };
    if (above_ && packet) {
      number();
      out.put(" ").put(tcp::clipped(text, options_.width - margin - 1, glyphs_.more), ink_of(row));
      lines.push_back(out.line());
      lines.back().pop_back();
      out = tcp::Row(options_.colour);
    } else {
      number();
    }
    // More states than one at a time are told in lines of their own.
    const auto& client = row.of(Side::client);
    const auto& server = row.of(Side::server);
    const std::size_t count = std::max<std::size_t>({1, client.size(), server.size()});
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out = tcp::Row(options_.colour);
      out.to(left_ - state_columns);
      out.right(i < client.size() ? tcp::name(client[i]) : "", state_columns, Ink::bold);
      const bool first = i == 0 && packet;
      lines.push_back(rails(out, first ? arrow(row, above_ ? "" : text) : "", ink_of(row),
                            i < server.size() ? std::string(tcp::name(server[i])) : "", Ink::bold));
    }
    return lines;
  }

  const Story& story_;
  const ViewOptions& options_;
  const Glyphs& glyphs_;
  unsigned chosen_;
  std::size_t left_, arrow_ = 0;
  bool above_ = false;
};

std::string inked(std::string_view text, Ink ink, const ViewOptions& options) {
  tcp::Row row(options.colour);
  row.put(tcp::clipped(text, options.width, options.unicode ? "…" : "."), ink);
  std::string line = row.line();
  line.pop_back();
  return line;
}

// Both ends as the kernel sees them now, of the connection that is looked at.
std::string states_line(const Story& story, unsigned chosen, const ViewOptions& options) {
  const auto& all = story.conversations();
  if (all.empty()) return inked("kernel: client CLOSED, server LISTEN", Ink::plain, options);
  const Row* row = story.find(chosen);
  const Conversation* conversation = row != nullptr ? story.conversation(*row) : nullptr;
  if (conversation == nullptr) conversation = &all.rbegin()->second;
  return inked(
      fmt::format("kernel: client {}, server {}{}", tcp::name(conversation->state(Side::client)),
                  tcp::name(conversation->state(Side::server)),
                  all.size() > 1 ? fmt::format(" ({} connections)", all.size()) : ""),
      Ink::bold, options);
}

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t width,
                                 std::string_view between) {
  std::vector<std::string> lines(1);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(between, at), text.size());
    const std::string word(text.substr(at, end - at));
    const bool fits = tcp::columns(lines.back()) + between.size() + tcp::columns(word) <= width;
    if (!lines.back().empty() && !fits) lines.emplace_back();
    if (!lines.back().empty()) lines.back() += between;
    lines.back() += word;
    at = end + between.size();
  }
  return lines;
}

std::vector<std::string> ladder(const Story& story, const ViewOptions& options, std::size_t lines,
                                unsigned chosen) {
  const Ladder drawn(story, options, chosen);
  std::vector<std::string> all = drawn.lines();
  all.insert(all.begin(), drawn.head());
  if (lines != 0 && all.size() > lines) {
    all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(lines));
  }
  return all;
}

std::vector<std::string> packet_lines(const Story& story, const Row& row,
                                      const ViewOptions& options) {
  const Told told = in_words(row, story.conversation(row));
  std::vector<std::string> lines;
  for (const std::string& line : wrapped(told.headline, options.width)) {
    lines.push_back(inked(line, Ink::bold, options));
  }
  for (const Field& field : told.fields) {
    constexpr std::size_t name_columns = 14, value_columns = 11;
    const std::size_t indent = 2 + name_columns + (field.value.empty() ? 0 : value_columns);
    const bool below = options.width < indent + 24 && !field.meaning.empty();
    tcp::Row out(options.colour);
    out.to(2).put(field.name, Ink::faint).to(2 + name_columns).put(field.value);
    const std::size_t column = below ? 4 : indent;
    bool first = true;
    if (below) {
      lines.push_back(out.line());
      lines.back().pop_back();
    }
    for (const std::string& part : wrapped(field.meaning, options.width - column)) {
      if (!first || below) out = tcp::Row(options.colour);
      out.to(column).put(tcp::clipped(part, options.width - column, options.unicode ? "…" : "."));
      lines.push_back(out.line());
      lines.back().pop_back();
      first = false;
    }
  }
  return lines;
}

std::vector<std::string> screen(const Story& story, const Frame& frame,
                                const ViewOptions& options) {
  std::vector<std::string> foot;
  const std::string bar = repeated(options.unicode ? "─" : "-", options.width);
  foot.push_back(inked(bar, Ink::faint, options));
  foot.push_back(states_line(story, frame.chosen, options));
  if (const Row* row = story.find(frame.chosen)) {
    const auto some = packet_lines(story, *row, options);
    // The ladder keeps a third of a low window.
    const std::size_t most = options.height > 12 ? options.height * 2 / 3 - 4 : 3;
    foot.insert(foot.end(), some.begin(),
                some.begin() + static_cast<std::ptrdiff_t>(std::min(most, some.size())));
  }
  foot.push_back(inked(frame.notice, Ink::control, options));
  for (const std::string& line : wrapped(frame.keys, options.width, "  ")) {
    foot.push_back(inked(line, Ink::faint, options));
  }
  std::vector<std::string> lines{inked(frame.title, Ink::bold, options)};
  const std::size_t room = options.height > foot.size() + 2 ? options.height - foot.size() - 1 : 2;
  for (std::string& line : ladder(story, options, room, frame.chosen)) {
    lines.push_back(std::move(line));
  }
  // The foot stands at the bottom, so that it does not jump as the ladder grows.
  while (lines.size() + foot.size() < options.height) lines.emplace_back();
  std::move(foot.begin(), foot.end(), std::back_inserter(lines));
  if (lines.size() > options.height) lines.resize(options.height);
  return lines;
}

}  // namespace wireproof::step
