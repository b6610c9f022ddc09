// The table of UDP's rules, sorted by id. Static data.
#pragma once

#include <array>
#include <string_view>

#include "base/finding.h"

namespace wireproof::udp {

inline constexpr std::array kRules = {
    Rule{"udp.address.source", Severity::must, "RFC 1122 4.1.3.6, 3.2.1.3",
         "a datagram comes from one host's address, not from broadcast or multicast"},
    Rule{"udp.answer.duplicate", Severity::must,
         "one answer a request (no RFC: an expectation can allow more)",
         "a request is answered once"},
    Rule{"udp.answer.missing", Severity::note, "RFC 768 (delivery is not guaranteed)",
         "a request is answered"},
    Rule{"udp.answer.other-address", Severity::should, "RFC 1122 3.3.4.2, 4.1.3.5",
         "an answer comes from the address that was asked"},
    Rule{"udp.answer.other-port", Severity::must, "RFC 768 (Source Port: where a reply goes)",
         "an answer comes from the port that was asked"},
    Rule{"udp.answer.unsolicited", Severity::note, "RFC 768",
         "the server sends nothing that no request asked for"},
    Rule{"udp.answer.wrong-peer", Severity::must, "RFC 768 (Source Port: where a reply goes)",
         "an answer goes to the endpoint that asked"},
    Rule{"udp.capture.checksum-offload", Severity::note, "capture",
         "checksums are filled in before the capture sees them"},
    Rule{"udp.checksum.good", Severity::must, "RFC 768, RFC 1122 4.1.3.4",
         "a checksum that is not zero is right"},
    Rule{"udp.checksum.ipv6-zero", Severity::must, "RFC 8200 8.1 (RFC 6935: but for tunnels)",
         "over IPv6 a datagram has a checksum"},
    Rule{"udp.checksum.unused", Severity::note, "RFC 768, RFC 1122 4.1.3.4",
         "a datagram has a checksum (IPv4 allows none)"},
    Rule{"udp.expect.answers", Severity::must, "scenario", "there are as many answers as expected"},
    Rule{"udp.expect.client-bytes", Severity::must, "scenario",
         "the client sends as many bytes as expected"},
    Rule{"udp.expect.duplicates", Severity::must, "scenario",
         "there are as many duplicates as expected"},
    Rule{"udp.expect.exchanges", Severity::must, "scenario",
         "there are as many exchanges as expected"},
    Rule{"udp.expect.fragments", Severity::must, "scenario",
         "a datagram comes in as many fragments as expected, or more"},
    Rule{"udp.expect.icmp-errors", Severity::must, "scenario",
         "there are as many ICMP errors as expected"},
    Rule{"udp.expect.requests", Severity::must, "scenario",
         "there are as many requests as expected"},
    Rule{"udp.expect.server-bytes", Severity::must, "scenario",
         "the server sends as many bytes as expected"},
    Rule{"udp.expect.unanswered", Severity::must, "scenario",
         "as many requests as expected go unanswered"},
    Rule{"udp.expect.unpaired-answers", Severity::must, "scenario",
         "there are as many unpaired answers as expected"},
    Rule{"udp.fragment.incomplete", Severity::note, "RFC 791 3.2, RFC 8200 4.5",
         "all fragments of a datagram arrive (else it is lost)"},
    Rule{"udp.fragment.overlap", Severity::must, "RFC 8200 4.5, RFC 5722",
         "IPv6 fragments do not overlap"},
    Rule{"udp.fragment.overlap-ipv4", Severity::note, "RFC 791 3.2",
         "IPv4 fragments do not overlap (receivers resolve it differently)"},
    Rule{"udp.icmp.error", Severity::note, "RFC 792, RFC 4443, RFC 1122 4.1.3.3",
         "no ICMP error answers a datagram"},
    Rule{"udp.icmp.multicast", Severity::must, "RFC 1122 3.2.2, RFC 4443 2.4",
         "no ICMP unreachable answers a datagram to broadcast or multicast"},
    Rule{"udp.length.field", Severity::must, "RFC 768 (Length)",
         "the length field covers the header and lies within the IP packet"},
    Rule{"udp.port.destination-zero", Severity::should, "RFC 6335 6",
         "no datagram goes to port 0, which is reserved"},
};

// The rule of that id; a wrong id does not compile.
consteval const Rule& rule(std::string_view id) {
  for (const Rule& each : kRules) {
    if (each.id == id) return each;
  }
  throw "no such rule";
}

}  // namespace wireproof::udp
