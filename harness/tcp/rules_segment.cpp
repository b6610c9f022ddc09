// Single segments: format, checksum, flags (RFC 9293 3.1), and what the capture itself explains.
#include <fmt/format.h>

#include "tcp/rule_functions.h"

namespace wireproof::tcp::rule {
namespace {

// Where most checksums of an end are bad, hardware filled them in after the capture. Where those of
// all its data are, and no other, the file's payloads were changed later, or the same happened.
bool checksums_offloaded(const Trial& trial, Side side) {
  const End& end = trial.connection.end(side);
  if (end.bad_checksums > 1 && end.bad_checksums > end.good_checksums) return true;
  return !trial.whole && end.bad_data_checksums != 0 &&
         end.bad_data_checksums == end.data_segments && end.bad_data_checksums == end.bad_checksums;
}

Findings checksum_findings(const Trial& trial, const Rule& rule, Odd kind, Side (*sender)(Side),
                           Words (*words)(const Trial&, const Oddity&)) {
  Findings all, kept;
  report(trial, rule, kind, Proof::always, all, words);
  for (Finding& finding : all) {
    const Side side = finding.blame == Blame::client ? Side::client : Side::server;
    if (!checksums_offloaded(trial, sender(side))) kept.push_back(std::move(finding));
  }
  return kept;
}

void append(Findings& findings, Findings more) {
  for (Finding& finding : more) findings.push_back(std::move(finding));
}

Words checksum_words(const Trial&, const Oddity& odd) {
  return {"a TCP checksum that covers the segment",
          fmt::format("packet {} has another", odd.packet)};
}

}  // namespace

void malformed(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::malformed, Proof::always, findings, [](const Trial&, const Oddity& odd) {
    return Words{"a header as RFC 9293 3.1 lays it out", std::string(odd.detail)};
  });
}

void checksum(const Trial& trial, const Rule& rule, Findings& findings) {
  if (!trial.clean) return;
  append(findings,
         checksum_findings(
             trial, rule, Odd::checksum_bad, [](Side side) { return side; }, checksum_words));
}

void corrupted(const Trial& trial, const Rule& rule, Findings& findings) {
  if (trial.clean) return;
  append(findings,
         checksum_findings(
             trial, rule, Odd::checksum_bad, [](Side side) { return side; }, checksum_words));
}

void checksum_answered(const Trial& trial, const Rule& rule, Findings& findings) {
  append(findings, checksum_findings(
                       trial, rule, Odd::checksum_answered, [](Side side) { return other(side); },
                       [](const Trial&, const Oddity& odd) {
                         return Words{fmt::format("packet {}, whose checksum is bad, dropped",
                                                  odd.other_packet),
                                      fmt::format("acknowledged by packet {}", odd.packet)};
                       }));
  if (trial.whole) return;
  // One spoiled segment that is answered is the receiver's fault; several are more likely the
  // capture's, which was edited or taken before hardware.
  for (Finding& finding : findings) {
    if (finding.rule != rule.id) continue;
    const Side sender = finding.blame == Blame::client ? Side::server : Side::client;
    const End& end = trial.connection.end(sender);
    if (end.bad_checksums > 1 || end.good_checksums == 0) finding.inconclusive = true;
  }
}

void checksum_offload(const Trial& trial, const Rule& rule, Findings& findings) {
  for (const Side side : {Side::client, Side::server}) {
    if (!checksums_offloaded(trial, side)) continue;
    add(findings, rule, Blame::none, {}, "checksums that can be judged",
        fmt::format(
            "{} of the {}'s {} are not: captured before hardware filled them in, or changed",
            trial.connection.end(side).bad_checksums, name(side),
            trial.connection.end(side).segments));
  }
}

void flag_combination(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::flag_combination, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"a combination of flags that a stack sends",
                        packet::flags_text(static_cast<std::uint16_t>(odd.seen))};
         });
}

void ack_flag(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ack_flag_missing, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{
               "ACK set in every segment once the connection is synchronised",
               fmt::format("flags {}", packet::flags_text(static_cast<std::uint16_t>(odd.seen)))};
         });
}

void ackless_acknowledged(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::ackless_acknowledged, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{fmt::format("packet {}, which lacks ACK, dropped", odd.other_packet),
                        fmt::format("acknowledged by packet {}", odd.packet)};
         });
}

void urgent_pointer(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::urgent_pointer, Proof::always, findings,
         [](const Trial&, const Oddity&) {
           return Words{"an urgent pointer behind the urgent data", "URG with a pointer of 0"};
         });
}

void capture_duplicates(const Trial& trial, const Rule& rule, Findings& findings) {
  report(
      trial, rule, Odd::duplicate, Proof::always, findings, [](const Trial& t, const Oddity& odd) {
        return Words{"each packet once",
                     fmt::format("{} of the {}'s seen twice: by the capture, or doubled on the way",
                                 t.connection.end(odd.side).capture_duplicates, name(odd.side))};
      });
  for (Finding& finding : findings)
    if (finding.rule == rule.id) finding.blame = Blame::none;
}

void header_cut(const Trial& trial, const Rule& rule, Findings& findings) {
  std::vector<std::uint64_t> packets;
  for (const Oddity& odd : trial.connection.oddities)
    if (odd.kind == Odd::header_cut) packets.push_back(odd.packet);
  add(findings, rule, Blame::none, std::move(packets), "whole TCP headers",
      "the snap length cut them: windows and options went unseen")
      .inconclusive = true;
}

void frame_short(const Trial& trial, const Rule& rule, Findings& findings) {
  report(trial, rule, Odd::frame_short, Proof::always, findings, [](const Trial&, const Oddity&) {
    return Words{"frames as long as their IP header says",
                 "shorter ones: cut by a tool, or not captured whole"};
  });
  for (Finding& finding : findings) {
    if (finding.rule != rule.id) continue;
    finding.blame = Blame::none;
    finding.inconclusive = true;
  }
}

void one_sided(const Trial& trial, const Rule& rule, Findings& findings) {
  if (!trial.connection.one_sided) return;
  const bool client = trial.connection.end(Side::client).segments != 0;
  add(findings, rule, Blame::none, {}, "both directions in the capture",
      fmt::format("only the {}'s packets", client ? "client" : "server"))
      .inconclusive = true;
}

void capture_lost(const Trial& trial, const Rule& rule, Findings& findings) {
  if (trial.whole) return;
  report(trial, rule, Odd::hole_acked, Proof::always, findings,
         [](const Trial&, const Oddity& odd) {
           return Words{"all that was sent",
                        fmt::format("bytes {} to {} were acknowledged and are not in the capture",
                                    odd.wanted, odd.seen - 1)};
         });
  for (Finding& finding : findings) {
    if (finding.rule != rule.id) continue;
    finding.blame = Blame::none;
    finding.inconclusive = true;
  }
}

}  // namespace wireproof::tcp::rule
