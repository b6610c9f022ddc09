// The table of UDP's rules, sorted by id. Static data.
#pragma once

#include <array>
#include <string_view>

#include "base/finding.h"

namespace wireproof::udp {

inline constexpr std::array kRules = {
    Rule{"udp.address.source", Severity::must, "RFC 1122 4.1.3.6, 3.2.1.3",
         "A datagram comes from one host's address, not from broadcast or multicast"},
    Rule{"udp.answer.duplicate", Severity::must,
         "one answer a request (no RFC: an expectation can allow more)",
         "A request is answered once"},
    Rule{"udp.answer.missing", Severity::note, "RFC 768 (delivery is not guaranteed)",
         "A request that was never answered"},
    Rule{"udp.answer.other-address", Severity::should, "RFC 1122 3.3.4.2, 4.1.3.5",
         "An answer comes from the address that was asked"},
    Rule{"udp.answer.other-port", Severity::must, "RFC 768 (Source Port: where a reply goes)",
         "An answer comes from the port that was asked"},
    Rule{"udp.answer.unsolicited", Severity::note, "RFC 768",
         "Datagrams of the server with no request left to answer"},
    Rule{"udp.answer.wrong-peer", Severity::must, "RFC 768 (Source Port: where a reply goes)",
         "An answer goes to the endpoint that asked"},
    Rule{"udp.checksum.good", Severity::must, "RFC 768, RFC 1122 4.1.3.4",
         "A checksum that is not zero is right"},
    Rule{"udp.checksum.ipv6-zero", Severity::must, "RFC 8200 8.1 (RFC 6935: but for tunnels)",
         "Over IPv6 a datagram has a checksum"},
    Rule{"udp.checksum.unused", Severity::note, "RFC 768, RFC 1122 4.1.3.4",
         "Datagrams without checksum, which IPv4 allows"},
    Rule{"udp.expect.answers", Severity::must, "scenario", "Number of answers expected"},
    Rule{"udp.expect.client-bytes", Severity::must, "scenario",
         "Payload bytes expected of the client"},
    Rule{"udp.expect.duplicates", Severity::must, "scenario", "Number of duplicates expected"},
    Rule{"udp.expect.exchanges", Severity::must, "scenario", "Number of exchanges expected"},
    Rule{"udp.expect.fragments", Severity::must, "scenario",
         "Least fragments of a datagram expected"},
    Rule{"udp.expect.icmp-errors", Severity::must, "scenario", "Number of ICMP errors expected"},
    Rule{"udp.expect.requests", Severity::must, "scenario", "Number of requests expected"},
    Rule{"udp.expect.server-bytes", Severity::must, "scenario",
         "Payload bytes expected of the server"},
    Rule{"udp.expect.unanswered", Severity::must, "scenario",
         "Number of unanswered requests expected"},
    Rule{"udp.expect.unpaired-answers", Severity::must, "scenario",
         "Number of unpaired answers expected"},
    Rule{"udp.fragment.incomplete", Severity::note, "RFC 791 3.2, RFC 8200 4.5",
         "A datagram of which a fragment was lost is lost"},
    Rule{"udp.fragment.overlap", Severity::must, "RFC 8200 4.5, RFC 5722",
         "IPv6 fragments do not overlap"},
    Rule{"udp.fragment.overlap-ipv4", Severity::note, "RFC 791 3.2",
         "IPv4 fragments that overlap, which receivers resolve differently"},
    Rule{"udp.icmp.error", Severity::note, "RFC 792, RFC 4443, RFC 1122 4.1.3.3",
         "A datagram that was answered by an ICMP error"},
    Rule{"udp.icmp.multicast", Severity::must, "RFC 1122 3.2.2, RFC 4443 2.4",
         "No ICMP unreachable answers a datagram to broadcast or multicast"},
    Rule{"udp.length.field", Severity::must, "RFC 768 (Length)",
         "The length field covers the header and lies within the IP packet"},
    Rule{"udp.port.destination-zero", Severity::should, "RFC 6335 6",
         "Port 0 is reserved: nobody is there"},
};

// The rule of that id; a wrong id does not compile.
consteval const Rule& rule(std::string_view id) {
  for (const Rule& each : kRules) {
    if (each.id == id) return each;
  }
  throw "no such rule";
}

}  // namespace wireproof::udp
