// The words that scenario files use for things, and what they stand for. The same tables serve the
// loader, its hints, and whoever prints these things. Thread rule: constants.
#pragma once

#include <netinet/in.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <string_view>

#include "packet/packet.h"
#include "scenario/model.h"
#include "scenario/reader.h"

namespace wireproof::scenario {

inline constexpr Named<Transport> transports[] = {{"tcp", Transport::tcp},
                                                  {"udp", Transport::udp},
                                                  {"unix-stream", Transport::unix_stream},
                                                  {"unix-datagram", Transport::unix_datagram},
                                                  {"unix-seqpacket", Transport::unix_seqpacket}};
inline constexpr Named<Family> families[] = {{"ipv4", Family::ipv4},
                                             {"ipv6", Family::ipv6},
                                             {"unix-path", Family::unix_path},
                                             {"unix-abstract", Family::unix_abstract}};
inline constexpr Named<lab::Topology> topologies[] = {{"loopback", lab::Topology::loopback},
                                                      {"veth", lab::Topology::veth},
                                                      {"wire", lab::Topology::wire},
                                                      {"remote", lab::Topology::remote}};
inline constexpr Named<Side> sides[] = {{"client", Side::client}, {"server", Side::server}};
inline constexpr Named<step::Shutdown::How> shutdown_ways[] = {
    {"write", step::Shutdown::How::write},
    {"read", step::Shutdown::How::read},
    {"both", step::Shutdown::How::both}};

// What a scenario can want of a connection; what only a capture can say (inconclusive, not
// captured) is not among them. Their words are those of tcp::name().
inline constexpr Named<tcp::Opening> openings[] = {{"three-way", tcp::Opening::three_way},
                                                   {"simultaneous", tcp::Opening::simultaneous},
                                                   {"refused", tcp::Opening::refused},
                                                   {"unanswered", tcp::Opening::unanswered},
                                                   {"half-open", tcp::Opening::half_open}};
inline constexpr Named<tcp::Closing> closings[] = {
    {"four-way", tcp::Closing::four_way},         {"three-segment", tcp::Closing::three_segment},
    {"simultaneous", tcp::Closing::simultaneous}, {"reset", tcp::Closing::reset},
    {"refused", tcp::Closing::refused},           {"none", tcp::Closing::none},
    {"unfinished", tcp::Closing::unfinished}};
inline constexpr Named<tcp::ClosedFirst> first_closers[] = {{"client", tcp::ClosedFirst::client},
                                                            {"server", tcp::ClosedFirst::server},
                                                            {"both", tcp::ClosedFirst::both},
                                                            {"nobody", tcp::ClosedFirst::nobody}};
inline constexpr Named<tcp::State> states[] = {
    {"CLOSED", tcp::State::closed},           {"LISTEN", tcp::State::listen},
    {"SYN_SENT", tcp::State::syn_sent},       {"SYN_RECEIVED", tcp::State::syn_received},
    {"ESTABLISHED", tcp::State::established}, {"FIN_WAIT_1", tcp::State::fin_wait_1},
    {"FIN_WAIT_2", tcp::State::fin_wait_2},   {"CLOSE_WAIT", tcp::State::close_wait},
    {"CLOSING", tcp::State::closing},         {"LAST_ACK", tcp::State::last_ack},
    {"TIME_WAIT", tcp::State::time_wait}};

inline constexpr Named<std::uint16_t> tcp_flags[] = {
    {"FIN", packet::flag::fin}, {"SYN", packet::flag::syn}, {"RST", packet::flag::rst},
    {"PSH", packet::flag::psh}, {"ACK", packet::flag::ack}, {"URG", packet::flag::urg},
    {"ECE", packet::flag::ece}, {"CWR", packet::flag::cwr}, {"AE", packet::flag::ae}};

inline constexpr Named<int> signal_names[] = {
    {"SIGTERM", SIGTERM}, {"SIGINT", SIGINT},   {"SIGHUP", SIGHUP},   {"SIGKILL", SIGKILL},
    {"SIGQUIT", SIGQUIT}, {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGSTOP", SIGSTOP},
    {"SIGCONT", SIGCONT}, {"SIGPIPE", SIGPIPE}};

// What connect(2), bind(2), listen(2), send(2) and setsockopt(2) say when they refuse.
inline constexpr Named<int> error_names[] = {{"EACCES", EACCES},
                                             {"EADDRINUSE", EADDRINUSE},
                                             {"EADDRNOTAVAIL", EADDRNOTAVAIL},
                                             {"EAFNOSUPPORT", EAFNOSUPPORT},
                                             {"EAGAIN", EAGAIN},
                                             {"ECONNABORTED", ECONNABORTED},
                                             {"ECONNREFUSED", ECONNREFUSED},
                                             {"ECONNRESET", ECONNRESET},
                                             {"EDESTADDRREQ", EDESTADDRREQ},
                                             {"EHOSTUNREACH", EHOSTUNREACH},
                                             {"EINVAL", EINVAL},
                                             {"EISCONN", EISCONN},
                                             {"ELOOP", ELOOP},
                                             {"EMSGSIZE", EMSGSIZE},
                                             {"ENAMETOOLONG", ENAMETOOLONG},
                                             {"ENETUNREACH", ENETUNREACH},
                                             {"ENOBUFS", ENOBUFS},
                                             {"ENOENT", ENOENT},
                                             {"ENOPROTOOPT", ENOPROTOOPT},
                                             {"ENOTCONN", ENOTCONN},
                                             {"ENOTDIR", ENOTDIR},
                                             {"EOPNOTSUPP", EOPNOTSUPP},
                                             {"EPERM", EPERM},
                                             {"EPIPE", EPIPE},
                                             {"EPROTOTYPE", EPROTOTYPE},
                                             {"EROFS", EROFS},
                                             {"ETIMEDOUT", ETIMEDOUT}};

// Absent where no entry has the value.
template <typename Table, typename Value>
std::string_view name_in(const Table& table, const Value& value) {
  for (const auto& entry : table) {
    if (entry.value == value) return entry.name;
  }
  return "";
}

// The programs that ship in targets/, and what a scenario can use each for.
struct ShippedTarget {
  enum class Speaks : std::uint8_t { tcp, udp, unix_domain, anything };
  std::string_view name;
  Speaks speaks;
  Side role;
  bool bad;  // has a fault on purpose
};
inline constexpr ShippedTarget shipped_targets[] = {
    {"tcp-server", ShippedTarget::Speaks::tcp, Side::server, false},
    {"tcp-client", ShippedTarget::Speaks::tcp, Side::client, false},
    {"udp-server", ShippedTarget::Speaks::udp, Side::server, false},
    {"udp-client", ShippedTarget::Speaks::udp, Side::client, false},
    {"unix-server", ShippedTarget::Speaks::unix_domain, Side::server, false},
    {"unix-client", ShippedTarget::Speaks::unix_domain, Side::client, false},
    {"bad-exits-at-once", ShippedTarget::Speaks::anything, Side::server, true},
    {"bad-floods-output", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-forks-away", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-ignores-sigterm", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-listens-elsewhere", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-never-listens", ShippedTarget::Speaks::anything, Side::server, true},
    {"bad-tcp-answers-late", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-answers-short", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-answers-twice", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-client-aborts", ShippedTarget::Speaks::tcp, Side::client, true},
    {"bad-tcp-client-never-closes", ShippedTarget::Speaks::tcp, Side::client, true},
    {"bad-tcp-closes-before-answering", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-crashes-after-accept", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-ignores-half-close", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-impatient", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-never-closes", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-never-reads", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-resets", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-tcp-wrong-answer", ShippedTarget::Speaks::tcp, Side::server, true},
    {"bad-udp-answers-twice", ShippedTarget::Speaks::udp, Side::server, true},
    {"bad-udp-cuts-answer", ShippedTarget::Speaks::udp, Side::server, true},
    {"bad-udp-never-answers", ShippedTarget::Speaks::udp, Side::server, true},
    {"bad-udp-other-port", ShippedTarget::Speaks::udp, Side::server, true},
    {"bad-udp-wrong-peer", ShippedTarget::Speaks::udp, Side::server, true},
    {"bad-unix-answers-twice", ShippedTarget::Speaks::unix_domain, Side::server, true},
    {"bad-unix-leaves-path", ShippedTarget::Speaks::unix_domain, Side::server, true},
    {"bad-unix-never-answers", ShippedTarget::Speaks::unix_domain, Side::server, true}};

constexpr const ShippedTarget* find_shipped_target(std::string_view name) {
  for (const ShippedTarget& target : shipped_targets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

// The first words of rule ids.
inline constexpr std::string_view rule_parts[] = {"tcp",     "udp",    "unix",    "script",
                                                  "program", "kernel", "witness", "capture",
                                                  "case",    "wire",   "load"};

}  // namespace wireproof::scenario
