#include "udp/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "tcp/ladder_row.h"
#include "udp/text.h"

namespace wireproof::udp {
namespace {

using tcp::clipped;
using tcp::columns;
using tcp::Ink;
using tcp::Row;

constexpr std::size_t kTimeless = 60;  // columns; below: no times
constexpr std::size_t kRemarks = 23;   // columns right of the server's line, from kTimeless on

// Characters that a terminal shows two columns wide (Unicode's East Asian Wide, in ranges), and
// those that take none.
int extra_width(std::uint32_t c) {
  const auto in = [c](std::uint32_t from, std::uint32_t to) { return c >= from && c <= to; };
  if (in(0x0300, 0x036F) || in(0x200B, 0x200D) || in(0x20D0, 0x20FF) || in(0xFE00, 0xFE0F))
    return -1;
  return in(0x1100, 0x115F) || in(0x2E80, 0xA4CF) || in(0xAC00, 0xD7A3) || in(0xF900, 0xFAFF) ||
         in(0xFE30, 0xFE4F) || in(0xFF00, 0xFF60) || in(0xFFE0, 0xFFE6) || in(0x1F300, 0x1FAFF) ||
         in(0x20000, 0x3FFFD);
}

// By how much `utf8` (well-formed) is wider than its number of characters.
int extra_width(std::string_view utf8) {
  int extra = 0;
  for (std::size_t at = 0; at < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t c = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t i = 1; i < length && at + i < utf8.size(); ++i) {
      c = c << 6 | (static_cast<unsigned char>(utf8[at + i]) & 0x3Fu);
    }
    extra += extra_width(c);
    at += length;
  }
  return extra;
}

class Ladder {
 public:
  Ladder(const Exchange& exchange, std::span<const Finding> findings, const LadderOptions& options)
      : exchange_(exchange), options_(options) {
    width_ = static_cast<std::size_t>(std::max(options.width, 40));
    const auto& all = exchange.datagrams;
    number_width_ =
        std::max<std::size_t>(2, std::to_string(all.empty() ? 1 : all.back().packet).size());
    const bool wide = width_ >= kTimeless;
    if (wide) time_width_ = all.empty() ? 7 : std::max<std::size_t>(7, time(all.back()).size());
    left_bar_ = 1 + number_width_ + (wide ? time_width_ + 2 : 0) + 1;
    right_bar_ = width_ - (wide ? kRemarks + 2 : 1);
    for (const Finding& finding : findings) {
      named_.insert(finding.packets.begin(), finding.packets.end());
      const std::uint64_t last =
          finding.packets.empty()
              ? 0
              : *std::max_element(finding.packets.begin(), finding.packets.end());
      told_[shown_with(last)].push_back(&finding);
    }
  }

  std::string draw() {
    head();
    const auto& all = exchange_.datagrams;
    const std::size_t limit = std::max<std::size_t>(options_.limit, 2);
    const std::size_t folded = all.size() > limit ? all.size() - limit : 0;
    const std::size_t fold_at = (limit + 1) / 2;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (folded != 0 && i == fold_at) {
        fold(folded);
        for (std::size_t end = i + folded; i + 1 < end; ++i) tell_all(all[i].packet);
        tell_all(all[i].packet);
        continue;
      }
      datagram(all[i]);
      tell_all(all[i].packet);
    }
    tell_all(0);
    return text_;
  }

 private:
  std::string_view ink(std::string_view unicode, std::string_view ascii) const {
    return options_.unicode ? unicode : ascii;
  }
  Row row() const { return Row(options_.colour); }
  void end_row(const Row& row) { text_ += row.line(); }

  std::string time(const Datagram& each) const {
    return fmt::format("{:.3f}",
                       static_cast<double>(each.time_ns - exchange_.datagrams[0].time_ns) / 1e6);
  }

  // A finding may name an ICMP packet, which has no line of its own: it stands with its datagram.
  std::uint64_t shown_with(std::uint64_t packet) const {
    for (const Datagram& each : exchange_.datagrams) {
      if (each.packet == packet || each.icmp_packet == packet) return each.packet;
    }
    return 0;
  }

  void head() {
    const std::string client = "client " + to_string(exchange_.client);
    const std::string server = to_string(exchange_.server) + " server";
    Row names = row();
    names.put(clipped(client, width_, ink("…", "~")), Ink::request);
    if (columns(client) + columns(server) + 2 > width_) {
      end_row(names);
      names = row();
    }
    const std::string end = clipped(server, width_, ink("…", "~"));
    names.to(width_ - columns(end)).put(end, Ink::answer);
    end_row(names);
    Row first = row();
    if (time_width_ != 0) first.to(1 + number_width_ + 2).right("ms", time_width_, Ink::faint);
    first.to(left_bar_).put(ink("│", "|")).to(right_bar_).put(ink("│", "|"));
    end_row(first);
  }

  // What became of it, for the margin; the longest that fits.
  std::string remark(const Datagram& each) const {
    if (each.icmp_packet != 0) {
      return icmp_text(each.source.address.family, each.icmp_type, each.icmp_code);
    }
    if (!each.complete) return "incomplete";
    switch (each.pairing) {
      case Pairing::other_port:
        return fmt::format("from port {}", each.source.port);
      case Pairing::other_address:
        return "from " + to_string(each.source.address);
      case Pairing::wrong_peer:
        return "to " + to_string(each.destination);
      case Pairing::repeated:
      case Pairing::unsolicited:
        return std::string(name(each.pairing));
      case Pairing::request:
      case Pairing::answer:
        break;
    }
    if (each.duplicate) return "duplicate";
    if (each.checksum == packet::Checksum::bad) return "bad checksum";
    if (each.reordered) return "reordered";
    return each.pairing == Pairing::answer ? fmt::format("answers {}", each.answers) : "";
  }

  std::string label(const Datagram& each, std::size_t room) const {
    std::string text = fmt::format("{} byte{}", each.length, each.length == 1 ? "" : "s");
    if (each.fragments > 1) text += fmt::format(" in {} fragments", each.fragments);
    if (columns(text) > room) return clipped(fmt::format("{} B", each.length), room, "~");
    // Quoted in full, or as far as there is room: never cut within an escape.
    for (std::size_t bytes = each.payload_start.size(); bytes > 0; --bytes) {
      const bool whole = bytes == each.length;
      const std::string start = each.payload_start.substr(0, bytes);
      const std::string shown =
          text + " " + quoted(start) + std::string(whole ? "" : ink("…", "..."));
      const auto width =
          static_cast<std::size_t>(static_cast<int>(columns(shown)) + extra_width(shown));
      if (width <= room) return shown;
    }
    return text;
  }

  void datagram(const Datagram& each) {
    const bool named = named_.contains(each.packet);
    Row line = row();
    if (named) line.put(ink("✗", "!"), Ink::alarm);
    line.to(1).right(std::to_string(each.packet), number_width_, named ? Ink::alarm : Ink::faint);
    if (time_width_ != 0) {
      line.to(1 + number_width_ + 2).right(time(each), time_width_, Ink::faint);
    }
    line.to(left_bar_).put(ink("│", "|"));

    const std::size_t room = right_bar_ - left_bar_ - 1;
    const std::string said = " " + label(each, room - 6) + " ";
    const int extra = extra_width(said);
    const auto taken = static_cast<std::size_t>(static_cast<int>(columns(said)) + extra);
    const std::size_t strokes = room - 1 - taken;
    const bool lost = each.icmp_packet != 0 || !each.complete || each.duplicate;
    const auto stroke = [&](std::size_t length) {
      std::string text;
      for (std::size_t i = 0; i < length; ++i) text += lost ? ink("╌", ".") : ink("─", "-");
      return text;
    };
    const bool right = each.from == Side::client;
    std::string arrow(right ? "" : ink("◀", "<"));
    arrow += stroke(strokes / 2) + said + stroke(strokes - strokes / 2);
    if (right) arrow += ink("▶", ">");
    line.put(arrow, named ? Ink::alarm : right ? Ink::request : Ink::answer);
    // Row counts characters: what is wider than one column has moved the end already.
    const auto shifted = [&](std::size_t column) {
      return static_cast<std::size_t>(static_cast<int>(column) - extra);
    };
    line.to(shifted(right_bar_)).put(ink("│", "|"));
    if (width_ >= kTimeless) {
      line.to(shifted(right_bar_ + 2));
      line.put(clipped(remark(each), kRemarks, ink("…", "~")), named ? Ink::alarm : Ink::faint);
    }
    end_row(line);
  }

  void fold(std::size_t count) {
    Row line = row();
    const std::string text = fmt::format("{0} {1} datagrams {0}", ink("…", "..."), count);
    const std::size_t room = right_bar_ - left_bar_ - 1;
    line.to(left_bar_).put(ink("┆", ":"), Ink::faint);
    line.to(left_bar_ + 1 + (room - std::min(room, columns(text))) / 2).put(text, Ink::faint);
    line.to(right_bar_).put(ink("┆", ":"), Ink::faint);
    end_row(line);
  }

  void tell_all(std::uint64_t packet) {
    const auto told = told_.find(packet);
    if (told == told_.end()) return;
    for (const Finding* finding : told->second) tell(*finding);
    told_.erase(told);
  }

  void tell(const Finding& finding) {
    const std::size_t indent = 1 + number_width_ + 2;
    const auto say = [&](std::string_view lead, const std::string& words, Ink how) {
      Row line = row();
      line.to(indent).put(lead, Ink::alarm).to(indent + 2);
      line.put(clipped(printable(words), width_ - indent - 2, ink("…", "~")), how);
      end_row(line);
    };
    say(ink("╰", "`"), finding.rule, finding.severity == Severity::note ? Ink::faint : Ink::alarm);
    say(" ", "expected " + finding.expected, Ink::plain);
    say(" ", "observed " + finding.observed, Ink::plain);
  }

  const Exchange& exchange_;
  const LadderOptions& options_;
  std::size_t width_ = 0, number_width_ = 0, time_width_ = 0, left_bar_ = 0, right_bar_ = 0;
  std::set<std::uint64_t> named_;
  std::map<std::uint64_t, std::vector<const Finding*>> told_;
  std::string text_;
};

}  // namespace

std::string ladder(const Exchange& exchange, std::span<const Finding> findings,
                   const LadderOptions& options) {
  return Ladder(exchange, findings, options).draw();
}

}  // namespace wireproof::udp
