// Options (RFC 9293 3.1, 3.2; RFC 7323; RFC 2018; RFC 2883) and ECN (RFC 3168). What hangs on the
// options of both SYNs is proven in a whole capture only: else a middlebox may have changed them.
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {
namespace {

Words only_on_syn(const Trial&, const Oddity& odd) {
  return {"the option on a SYN only", fmt::format("in packet {}", odd.packet)};
}

Words offered_first(const Trial&, const Oddity& odd) {
  return {"the option only where the other end's SYN offered it",
          fmt::format("in packet {}", odd.packet)};
}

}  // namespace

void option_malformed(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::option_malformed, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"options with a right length each", std::string(odd.detail)};
         });
}

void mss_on_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::mss_not_on_syn, Proof::always, findings, only_on_syn);
}

void window_scale_on_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::window_scale_not_on_syn, Proof::always, findings, only_on_syn);
}

void sack_permitted_on_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::sack_permitted_not_on_syn, Proof::always, findings, only_on_syn);
}

void window_scale_unoffered(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::window_scale_unoffered, Proof::always, findings, offered_first);
}

void window_scale_limit(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::window_scale_limit, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"a shift of at most 14", number(odd.seen)};
         });
}

void sack_not_permitted(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::sack_not_permitted, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"SACK only to an end whose SYN permitted it",
                        fmt::format("in packet {}", odd.packet)};
         });
}

void sack_range(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::sack_range, Proof::only_whole, findings,
         [](const Trial&, const Oddity& odd) {
           if (!odd.detail.empty())
             return Words{"a SACK block of bytes sent", std::string(odd.detail)};
           return Words{fmt::format("SACK blocks up to {}, which is what was sent", odd.wanted),
                        fmt::format("a block up to {}", odd.seen)};
         });
}

void timestamps_missing(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_missing, Proof::whole, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"time stamps in every segment, as both SYNs agreed",
                        fmt::format("none in packet {}", odd.packet)};
         });
}

void timestamps_unoffered(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_unoffered, Proof::whole, findings, offered_first);
}

void timestamp_echo(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_echo, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               fmt::format("the echo of a time stamp the other end sent (last {})", odd.wanted),
               number(odd.seen)};
         });
}

void timestamp_echo_backwards(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_echo_backwards, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("the echo {} or a later one", odd.wanted), number(odd.seen)};
         });
}

void timestamp_backwards(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_backwards, Proof::only_clean, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("a time stamp of {} or later", odd.wanted),
                        fmt::format("{}: the receiver drops it (PAWS)", odd.seen)};
         });
}

void ecn_setup(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ecn_setup, Proof::always, findings, [](const Trial&, const Oddity& odd) {
    return Words{"ECE alone on a SYN-ACK, and only to an ECN-setup SYN",
                 packet::flags_text(static_cast<std::uint16_t>(odd.seen))};
  });
}

void ecn_unnegotiated(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ecn_unnegotiated, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"no ECN flags or code points before both ends agreed on ECN",
                        odd.seen == 0 ? std::string("an ECN-capable code point on data")
                                      : packet::flags_text(static_cast<std::uint16_t>(odd.seen))};
         });
}

void ecn_on_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ecn_on_control, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"no ECN-capable code point on a SYN",
                        fmt::format("ECT({}) in packet {}", odd.seen == 1 ? 1 : 0, odd.packet)};
         });
}

void timestamp_echo_on_syn(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::timestamp_echo_on_syn, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"an echo of 0 on a SYN, which answers nothing", number(odd.seen)};
         });
}

void fast_open_place(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::fast_open_place, Proof::always, findings, only_on_syn);
}

void fast_open_cookie(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::fast_open_cookie, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"a Fast Open cookie of 4 to 16 bytes, an even number",
                        fmt::format("{} bytes", odd.seen)};
         });
}

}  // namespace wireproof::tcp::rule
