// Timers, windows at the beginning, and ICMP errors (RFC 6298, RFC 6928, RFC 9293 3.9.2.2).
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {
namespace {

void nobodys(Findings& findings, const Rule& rule) {
  for (Finding& finding : findings)
    if (finding.rule == rule.id) finding.blame = Blame::none;
}

Words icmp_words(const Trial&, const Oddity& odd) {
  return {"segments delivered", fmt::format("{} error type {} code {} in packet {}", odd.detail,
                                            odd.seen >> 8, odd.seen & 0xFF, odd.packet)};
}

}  // namespace

void back_off(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::not_backed_off, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the segment again after about {}, twice the time before",
                                    milliseconds_text(odd.wanted)),
                        milliseconds_text(odd.seen)};
         });
}

void initial_window(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::initial_window, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("at most {} bytes before the first ACK", odd.wanted),
                        fmt::format("{}", odd.seen)};
         });
}

void silly_window(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::silly_window, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("a closed window opened by {} bytes or more", odd.wanted),
                        number(odd.seen)};
         });
}

void paws(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::old_stamp_taken, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               fmt::format("packet {}, whose time stamp is old, dropped", odd.other_packet),
               fmt::format("acknowledged by packet {}", odd.packet)};
         });
}

void icmp_error(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::icmp_error, Proof::always, findings, icmp_words);
  nobodys(findings, rule);
}

void icmp_source_quench(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::icmp_source_quench, Proof::always, findings, icmp_words);
  nobodys(findings, rule);
}

}  // namespace wireproof::tcp::rule
