#include "script/fake_stage.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <regex>

#include "script/context.h"

namespace wireproof::script {

using scenario::Family;
using scenario::Transport;

FakeStage::FakeStage() {
  host_.interface = "lo";
  host_.ipv4 = *packet::parse_address("127.0.0.1");
  host_.ipv6 = *packet::parse_address("::1");
}

witness::SocketTable& FakeStage::table(Side) {
  if (!table_) table_.emplace();
  return *table_;
}

bool FakeStage::await_exit(Side who, Deadline deadline) {
  if (!running(who)) return true;
  sleep_until(deadline);
  return false;
}

bool FakeStage::await_packets(const scenario::step::AwaitPackets&, Deadline deadline,
                              std::string& seen) {
  seen = packets_seen;
  if (!packets_seen.empty()) return true;
  sleep_until(deadline);
  return false;
}

bool FakeStage::await_held(const std::string& name, std::size_t count, Deadline deadline,
                           std::string& seen) {
  seen = fmt::format("{} held", held[name]);
  if (held[name] < count) sleep_until(deadline);
  return held[name] >= count;
}

bool FakeStage::await_match(const std::string& rule, std::size_t count, Deadline deadline,
                            std::string& seen) {
  seen = fmt::format("{} matched", matched[rule]);
  if (matched[rule] < count) sleep_until(deadline);
  return matched[rule] >= count;
}

void FakeStage::listening() {
  ++announced;
  if (on_listening) on_listening();
}

scenario::step::Connect connect(std::string socket, std::string fails) {
  scenario::step::Connect made;
  made.socket = std::move(socket);
  made.fails = std::move(fails);
  return made;
}

scenario::step::Send send(std::string socket, std::string bytes, std::string fails) {
  scenario::step::Send made;
  made.socket = std::move(socket);
  made.data.bytes = std::move(bytes);
  made.fails = std::move(fails);
  return made;
}

scenario::step::Expect expect(std::string socket, std::string bytes) {
  scenario::step::Expect made;
  made.socket = std::move(socket);
  made.data.bytes = std::move(bytes);
  return made;
}

scenario::step::Expect expect(std::string socket, scenario::step::Expect::Kind kind) {
  scenario::step::Expect made;
  made.socket = std::move(socket);
  made.kind = kind;
  return made;
}

scenario::step::Expect silence(std::string socket, milliseconds quiet) {
  scenario::step::Expect made = expect(std::move(socket), scenario::step::Expect::Kind::nothing);
  made.quiet = quiet;
  return made;
}

scenario::Case make_case(Transport transport, Family family, std::vector<scenario::Step> steps) {
  scenario::Case made;
  made.id = "test";
  made.transport = transport;
  made.family = family;
  made.server.emplace();
  made.server->name = "server";
  unsigned line = 0;
  for (scenario::Step& one : steps) {
    one.position = {"test.json", ++line, 5};
    one.shown = fmt::format("step on line {}", line);
  }
  made.steps = std::move(steps);
  return made;
}

scenario::Target target_of(const SocketAddress& address) {
  scenario::Target target;
  if (address.family() == AF_UNIX) {
    target.path = address.unix_text();
  } else {
    target.address = packet::to_string(address.endpoint().address);
    target.port = address.endpoint().port;
  }
  return target;
}

SocketAddress loopback(Family family, std::uint16_t port) {
  switch (family) {
    case Family::ipv4:
      return SocketAddress::internet(*packet::parse_address("127.0.0.1"), port);
    case Family::ipv6:
      return SocketAddress::internet(*packet::parse_address("::1"), port);
    case Family::unix_path:
      return SocketAddress::unix_name(unique_path());
    case Family::unix_abstract:
      break;
  }
  return SocketAddress::unix_name("@" + unique_path());
}

int socket_type_of(Transport transport) {
  switch (transport) {
    case Transport::udp:
    case Transport::unix_datagram:
      return SOCK_DGRAM;
    case Transport::unix_seqpacket:
      return SOCK_SEQPACKET;
    default:
      return SOCK_STREAM;
  }
}

Result run(const scenario::Case& one, FakeStage& stage, milliseconds limit) {
  Script script(one, stage);
  return script.run(Deadline::after(limit));
}

Result run_against(FakeServer::Handler handler, std::vector<scenario::Step> steps,
                   Transport transport, Family family) {
  FakeServer server(socket_type_of(transport), loopback(family), std::move(handler));
  FakeStage stage;
  stage.server = target_of(server.address());
  const Result result = run(make_case(transport, family, std::move(steps)), stage);
  if (family == Family::unix_path) ::unlink(stage.server.path->c_str());
  return result;
}

std::string timeless(const std::string& text) {
  static const std::regex time("[0-9]+(\\.[0-9]+)? ms");
  return std::regex_replace(text, time, "N ms");
}

std::string unique_path() {
  static std::atomic<int> count{0};
  return fmt::format("/tmp/wireproof-script-{}-{}", ::getpid(), ++count);
}

}  // namespace wireproof::script
