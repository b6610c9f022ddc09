#include "script/misses.h"

#include <regex>
#include <thread>

namespace wireproof::script {

using Kind = scenario::step::Expect::Kind;
using scenario::Family;
using scenario::Transport;

std::string placeless(const std::string& text) {
  static const std::regex port("(127\\.0\\.0\\.1|\\[::1\\]):[0-9]+");
  static const std::regex path("/tmp/wireproof-script-[0-9]+-[0-9]+");
  return std::regex_replace(std::regex_replace(text, port, "$1:PORT"), path, "PATH");
}

std::vector<scenario::Step> exchange(milliseconds within) {
  return {step(connect("c")), step(send("c", "123")), step(expect("c", "success"), within)};
}
std::vector<scenario::Step> exchange_and(scenario::Step more) {
  auto steps = exchange();
  steps.push_back(std::move(more));
  return steps;
}

FakeServer::Handler asked(FakeServer::Handler rest) {
  return [rest = std::move(rest)](int fd) {
    read_exactly(fd, 3);
    rest(fd);
  };
}
FakeServer::Handler answers(std::string bytes) {
  return asked([bytes](int fd) {
    write_all(fd, bytes);
    read_to_end(fd);
  });
}
void keeps(int fd) { read_to_end(fd); }
void closes(int) {}
void sleeps(milliseconds span) { std::this_thread::sleep_for(span); }

scenario::Step regex(std::string text, milliseconds within) {
  auto made = expect("c", Kind::regex);
  made.data.bytes = std::move(text);
  return step(made, within);
}

SocketAddress free_address(int type) {
  const FakeServer gone(type, loopback(Family::ipv4), closes);
  return gone.address();
}
Result run_at(const SocketAddress& address, Transport transport, Family family,
              std::vector<scenario::Step> steps, const std::function<void(FakeStage&)>& set,
              milliseconds limit, const std::function<void(scenario::Case&)>& change) {
  FakeStage stage;
  stage.server = target_of(address);
  if (set) set(stage);
  scenario::Case one = make_case(transport, family, std::move(steps));
  if (change) change(one);
  return run(one, stage, limit);
}

}  // namespace wireproof::script
