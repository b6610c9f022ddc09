// For tests: a stage without lab, programs or capture, whose answers a test sets; and short ways to
// write a case. Everything is on this network namespace's loopback.
// Thread rule: the test's thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "script/fake_server.h"
#include "script/script.h"

namespace wireproof::script {

class FakeStage : public Stage {
 public:
  FakeStage();

  const lab::Host& host(Side) override { return host_; }
  bool one_host() override { return true; }
  scenario::Target server_address() override { return server; }
  witness::SocketTable& table(Side) override;
  void launch(Side who, Deadline) override { launched.push_back(who); }
  bool running(Side who) override { return alive[static_cast<std::size_t>(who)]; }
  std::string describe(Side who) override { return descriptions[static_cast<std::size_t>(who)]; }
  bool await_exit(Side who, Deadline deadline) override;
  void signal(Side who, int number) override { signals.emplace_back(who, number); }
  bool await_packets(const scenario::step::AwaitPackets& wanted, Deadline deadline,
                     std::string& seen) override;
  bool await_held(const std::string& name, std::size_t count, Deadline deadline,
                  std::string& seen) override;
  bool await_match(const std::string& rule, std::size_t count, Deadline deadline,
                   std::string& seen) override;
  std::size_t release(const std::string& name) override { return std::exchange(held[name], 0); }
  void set_link(bool up) override { link_up = up; }
  void set_conditions(wire::Direction direction, const wire::Conditions& wanted) override {
    conditions.emplace_back(direction, wanted);
  }
  void listening() override;

  scenario::Target server;
  std::array<bool, 2> alive{true, true};
  std::array<std::string, 2> descriptions{"runs", "runs"};
  std::vector<Side> launched;
  std::vector<std::pair<Side, int>> signals;
  std::string packets_seen;                          // empty: none come until the deadline
  std::map<std::string, std::size_t> held, matched;  // on the wire
  bool link_up = true;
  std::vector<std::pair<wire::Direction, wire::Conditions>> conditions;
  int announced = 0;
  std::function<void()> on_listening;

 private:
  lab::Host host_;
  std::optional<witness::SocketTable> table_;
};

// A step whose place is line `line` of "test.json".
template <typename Action>
scenario::Step step(Action action, milliseconds within = milliseconds(2000)) {
  scenario::Step made;
  made.action = std::move(action);
  made.within = within;
  return made;
}

scenario::step::Connect connect(std::string socket, std::string fails = {});
scenario::step::Send send(std::string socket, std::string bytes, std::string fails = {});
scenario::step::Expect expect(std::string socket, std::string bytes);
scenario::step::Expect expect(std::string socket, scenario::step::Expect::Kind kind);
scenario::step::Expect silence(std::string socket, milliseconds quiet);

// A case with the server as the program under test, at the address of `server`; its steps' places
// are the lines of "test.json".
scenario::Case make_case(scenario::Transport transport, scenario::Family family,
                         std::vector<scenario::Step> steps);
scenario::Target target_of(const SocketAddress& address);
SocketAddress loopback(scenario::Family family, std::uint16_t port = 0);
int socket_type_of(scenario::Transport transport);

// Runs `steps` against a server that handles each connection so.
Result run_against(FakeServer::Handler handler, std::vector<scenario::Step> steps,
                   scenario::Transport transport = scenario::Transport::tcp,
                   scenario::Family family = scenario::Family::ipv4);
Result run(const scenario::Case& one, FakeStage& stage, milliseconds limit = milliseconds(20'000));

// "after 12.3 ms" as "after N ms": what no test can foretell.
std::string timeless(const std::string& text);
// A name that no other test of this process, and no other process, has.
std::string unique_path();

}  // namespace wireproof::script
