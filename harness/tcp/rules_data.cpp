// Data, its acknowledgement and the window (RFC 9293 3.4, 3.8).
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {

void ack_of_unsent(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ack_of_unsent, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("at most {}, which is what was sent", odd.wanted),
                        fmt::format("acknowledgement number {}", odd.seen)};
         });
}

void ack_before_sent(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ack_before_sent, Proof::only_whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("acknowledged only after packet {} sent it", odd.other_packet),
                        fmt::format("acknowledgement number {} in packet {}, when {} was sent",
                                    odd.seen, odd.packet, odd.wanted)};
         });
}

void hole_acked(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::hole_acked, Proof::only_whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               fmt::format("no acknowledgement past {}: what follows was never sent", odd.wanted),
               fmt::format("acknowledged up to {}", odd.seen)};
         });
}

void ack_withdrawn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(
      trial, rule, Odd::ack_withdrawn, Proof::only_clean, findings,
      [](const Trial&, const Oddity& odd) {
        return Words{fmt::format("at least {}, acknowledged before", odd.wanted), number(odd.seen)};
      });
}

void ack_mid_segment(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ack_mid_segment, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"whole segments acknowledged", fmt::format("{} lies within one", odd.seen)};
         });
}

void gap(const Trial& trial, const Rule& rule, Findings& findings) {
  if (trial.facts.lossy_path) return;
  report(trial, rule, Odd::gap_unfilled, Proof::whole, findings,
         [](const Trial& t, const Oddity& odd) {
           const bool fin = t.connection.end(odd.side).fin_packet == odd.packet;
           return Words{fmt::format("sequence number {}, the next one{}", odd.wanted,
                                    fin ? ", for the FIN" : ""),
                        fmt::format("{}; what lies between was never sent", odd.seen)};
         });
}

void sequence_ahead(const Trial& trial, const Rule& rule, Findings& findings) {
  report(
      trial, rule, Odd::sequence_ahead, Proof::only_clean, findings,
      [](const Trial&, const Oddity& odd) {
        return Words{fmt::format("sequence number {}, the next one", odd.wanted), number(odd.seen)};
      });
}

void out_of_order(const Trial& trial, const Rule& rule, Findings& findings) {
  if (!trial.clean) return;
  for (const Side side : {Side::client, Side::server}) {
    const std::uint64_t count = trial.connection.end(side).out_of_order;
    if (count == 0) continue;
    std::vector<std::uint64_t> packets;
    for (const Oddity& odd : trial.connection.oddities)
      if (odd.kind == Odd::overtaken && odd.side == side) packets.push_back(odd.packet);
    add(findings, rule, Blame::none, std::move(packets), "data in order",
        fmt::format("{} of the {}'s segments overtaken", count, name(side)));
  }
}

void sequence_behind(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::sequence_behind, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("sequence number {}, the next one", odd.wanted),
                        fmt::format("{}: overtaken on the way, or wrong", odd.seen)};
         });
}

void retransmission_differs(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::retransmission_differs, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"the same bytes again",
                        fmt::format("at offset {} first 0x{:02x}, now 0x{:02x}", odd.wanted,
                                    odd.seen >> 8, odd.seen & 0xff)};
         });
}

void beyond_window(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::beyond_window, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("no byte past the window's edge at {}", odd.wanted),
                        fmt::format("bytes up to {}", odd.seen)};
         });
}

void window_shrunk(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::window_shrunk, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the window's edge at {} or beyond", odd.wanted),
                        fmt::format("taken back to {}", odd.seen)};
         });
}

void late_ack(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::late_ack, Proof::always, findings, [](const Trial&, const Oddity& odd) {
    return Words{"data acknowledged within 500 ms", milliseconds_text(odd.seen)};
  });
}

void keep_alive_idle(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::keep_alive_not_idle, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"keep-alives only after the connection was idle",
                        fmt::format("one {} after the last packet", milliseconds_text(odd.seen))};
         });
}

void keep_alive_data(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::keep_alive_data, Proof::always, findings,
         [](const Trial&, const Oddity&) {
           return Words{"keep-alives without data", "one with a garbage byte"};
         });
}

void offloaded(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::offloaded, Proof::always, findings, [](const Trial&, const Oddity& odd) {
    return Words{fmt::format("segments of at most {} bytes, the receiver's MSS", odd.wanted),
                 fmt::format("{} bytes: captured before hardware cut it up", odd.seen)};
  });
  for (Finding& finding : findings)
    if (finding.rule == rule.id) finding.blame = Blame::none;
}

}  // namespace wireproof::tcp::rule
