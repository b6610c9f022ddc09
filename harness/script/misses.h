// For tests: the ways in which scripts miss, by what the peer does; and the peers and steps that
// the cases are made of. Thread rule: the test's thread.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "script/fake_stage.h"
#include "script/rules.h"

namespace wireproof::script {

using namespace std::chrono_literals;

struct MissCase {
  std::string name;
  std::string_view rule;
  std::string expected;
  std::string observed;  // timeless() and placeless()
  Blame blame;
  std::function<Result()> run;
};
inline void PrintTo(const MissCase& one, std::ostream* out) { *out << one.name; }

std::vector<MissCase>
connection_misses();                    // connect, bind, listen, accept, send, shutdown, options
std::vector<MissCase> answer_misses();  // of streams
std::vector<MissCase> ending_misses();  // ends, resets and silences of streams
std::vector<MissCase> datagram_misses();
std::vector<MissCase> stage_misses();  // the kernel, the capture, programs, paths, time limits

// Port numbers and names of this run, as nobody can foretell them.
std::string placeless(const std::string& text);

// One exchange on a connection: "123" is asked, "success" wanted.
std::vector<scenario::Step> exchange(milliseconds within = 2000ms);
std::vector<scenario::Step> exchange_and(scenario::Step more);
scenario::Step regex(std::string text, milliseconds within = 2000ms);

// Handlers: what a server does with a connection.
FakeServer::Handler asked(FakeServer::Handler rest);  // reads the request first
FakeServer::Handler answers(std::string bytes);       // and keeps the connection
void keeps(int fd);
void closes(int fd);
void sleeps(milliseconds span);

SocketAddress free_address(int type);  // where nobody is
Result run_at(const SocketAddress& address, scenario::Transport transport, scenario::Family family,
              std::vector<scenario::Step> steps, const std::function<void(FakeStage&)>& set = {},
              milliseconds limit = 20'000ms,
              const std::function<void(scenario::Case&)>& change = {});

}  // namespace wireproof::script
