// RST segments (RFC 9293 3.5.2, 3.10.7; RFC 5961 3).
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {

void reset_numbers(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_numbers, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("RST answering packet {} with {} {}", odd.other_packet,
                                    odd.detail, odd.wanted),
                        number(odd.seen)};
         });
}

void reset_ack_number(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_ack_number, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("a RST that acknowledges {}", odd.wanted),
                        odd.detail.empty() ? number(odd.seen)
                                           : fmt::format("{} ({})", odd.seen, odd.detail)};
         });
}

void reset_refused(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_refused, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("a RST to the SYN acknowledging {}", odd.wanted),
                        fmt::format("acknowledging {}: it must be ignored", odd.seen)};
         });
}

void reset_stray(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_stray, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("sequence number {}, the next one", odd.wanted),
                        fmt::format("{}, outside the window: the RST is ignored", odd.seen)};
         });
}

void reset_not_exact(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_not_exact, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("sequence number {}, the next one", odd.wanted),
                        fmt::format("{}, in the window: answered by a challenge ACK", odd.seen)};
         });
}

void reset_ignored(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_ignored, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the connection gone after the RST in packet {}", odd.packet),
                        fmt::format("both ends go on with packet {}", odd.other_packet)};
         });
}

void reset_after_close(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_after_close, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"nothing after the close was complete",
                        fmt::format("a RST in packet {}", odd.packet)};
         });
}

void reset_with_data(const Trial& trial, const Rule& rule, Findings& findings) {
  report(
      trial, rule, Odd::reset_with_data, Proof::always, findings,
      [](const Trial&, const Oddity& odd) {
        return Words{"a RST without data (a text is allowed)", fmt::format("{} bytes", odd.seen)};
      });
}

void reset_unread_data(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::reset_unread_data, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"data read before the socket is closed",
                        fmt::format("a RST that acknowledges {} is all the answer to data up to "
                                    "there: likely closed unread",
                                    odd.seen)};
         });
}

void segment_after_reset(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::segment_after_reset, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               fmt::format("nothing but RSTs after the RST in packet {}", odd.other_packet),
               fmt::format("another segment in packet {}", odd.packet)};
         });
}

}  // namespace wireproof::tcp::rule
