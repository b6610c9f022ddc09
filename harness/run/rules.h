// The rules that are judged by the runner itself: what programs do, what the kernel says, and what
// a scenario expects of a case as a whole. Thread rule: constants.
#pragma once

#include <span>

#include "base/finding.h"

namespace wireproof::run {

namespace rule {
inline constexpr Rule program_ready{"program.ready", Severity::must, "scenario",
                                    "a server listens at its address by its deadline"};
inline constexpr Rule program_exit{"program.exit", Severity::must, "scenario",
                                   "a program ends with the exit status that is expected"};
inline constexpr Rule program_crash{"program.crash", Severity::must, "scenario",
                                    "a program is not ended by a signal of its own making"};
inline constexpr Rule program_ends{"program.ends", Severity::must, "scenario",
                                   "a client ends by itself, and a server at SIGTERM"};
inline constexpr Rule program_output{"program.output", Severity::must, "scenario",
                                     "a program prints what is expected"};
inline constexpr Rule unix_path{"unix.path-left", Severity::must, "unix(7)",
                                "a server removes its socket's path when it ends"};
inline constexpr Rule connection_count{"case.connections", Severity::must, "scenario",
                                       "the capture shows as many connections as are expected"};
inline constexpr Rule final_state{
    "kernel.final-state", Severity::must, "scenario",
    "when all is quiet the kernel lists the states that are expected"};
inline constexpr Rule witness_state{
    "witness.state", Severity::must, "RFC 9293 3.3.2",
    "a state read from the kernel is the one that the packets show at that time"};
inline constexpr Rule witness_final{
    "witness.final-state", Severity::must, "RFC 9293 3.3.2",
    "when all is quiet the kernel and the packets agree on each end's state"};
inline constexpr Rule witness_bytes{
    "witness.bytes", Severity::must, "TCP_INFO (linux/tcp.h)",
    "the kernel counts as many bytes received as the packets carried"};
inline constexpr Rule witness_retransmissions{
    "witness.retransmissions", Severity::must, "TCP_INFO (linux/tcp.h)",
    "the kernel counts as many retransmissions as the packets show"};
inline constexpr Rule witness_transitions{
    "witness.transitions", Severity::must, "RFC 9293 3.3.2",
    "the kernel's tracepoint tells each state that the packets show, in that order"};
inline constexpr Rule two_ends{"capture.two-ends", Severity::must, "harness",
                               "captures at both ends of a link show the same packets"};
inline constexpr Rule rule_unmatched{"wire.rule-unmatched", Severity::must, "scenario",
                                     "each rule of the wire matches, but for those that may miss"};
inline constexpr Rule wire_packets{"wire.expect.packets", Severity::must, "scenario",
                                   "as many packets of a kind are sent, or received, as expected"};
inline constexpr Rule wire_gaps{"wire.expect.gaps", Severity::must, "scenario",
                                "packets of a kind come as far apart as expected"};
inline constexpr Rule wire_lost{"wire.lost", Severity::must, "harness",
                                "the emulated link itself loses nothing"};
inline constexpr Rule capture_whole{"capture.whole", Severity::must, "pcap_stats(3)",
                                    "no packet was lost by the capture"};
inline constexpr Rule load_limit{"load.limit", Severity::must, "scenario",
                                 "what was measured keeps to the limits of the scenario"};
inline constexpr Rule load_answers{"load.answers", Severity::must, "scenario",
                                   "under load every request has its answer, and the right one"};
inline constexpr Rule load_growth{"load.growth", Severity::must, "scenario",
                                  "in a soak the server's memory and descriptors do not grow"};
inline constexpr Rule load_proof{
    "load.proof", Severity::must, "RFC 9293 3.5, 3.6",
    "of every connection that the load made, handshake and close are proven"};
inline constexpr Rule load_trusted{"load.trusted", Severity::must, "harness",
                                   "nothing disturbed the measurement itself"};
inline constexpr Rule expected_failure{
    "case.expected-failure", Severity::must, "scenario",
    "a case that is listed to fail fails by the rules of its list, and by no others"};
}  // namespace rule

std::span<const Rule> rules();

}  // namespace wireproof::run
