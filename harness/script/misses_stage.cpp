// What the kernel, the capture, the programs and the file system do not show; and time limits.
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "script/misses.h"

namespace wireproof::script {

namespace {

using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

Result path_case(scenario::Step one, bool there) {
  const SocketAddress path = loopback(Family::unix_path);
  if (there) std::ofstream(path.unix_text()) << "left";
  const Result result = run_at(path, Transport::unix_stream, Family::unix_path, {std::move(one)});
  ::unlink(path.unix_text().c_str());
  return result;
}

}  // namespace

std::vector<MissCase> stage_misses() {
  return {
      {"state", rule::await_state.id,
       "CLOSE_WAIT on the client's side of socket \"c\" within 60 ms",
       "the kernel lists ESTABLISHED 127.0.0.1:PORT to 127.0.0.1:PORT after N ms", Blame::server,
       [] {
         return run_against(
             keeps,
             {step(connect("c")),
              step(scenario::step::AwaitState{Side::client, "c", {tcp::State::close_wait}, 1},
                   60ms)});
       }},
      {"no_state", rule::await_state.id,
       "3 times TIME_WAIT or FIN_WAIT_2 on the server's side within 60 ms",
       "the kernel lists no socket of it after N ms", Blame::server,
       [] {
         return run_at(
             free_address(SOCK_STREAM), Transport::tcp, Family::ipv4,
             {step(
                 scenario::step::AwaitState{
                     Side::server, "", {tcp::State::time_wait, tcp::State::fin_wait_2}, 3},
                 60ms)});
       }},
      {"timer", rule::await_state.id,
       "ESTABLISHED with 1 or more ms of its timer left on the client's side of socket \"c\" "
       "within "
       "60 ms",
       "the kernel lists ESTABLISHED 127.0.0.1:PORT to 127.0.0.1:PORT (no timer) after N ms",
       Blame::server,
       [] {
         return run_against(
             keeps, {step(connect("c")),
                     step(
                         scenario::step::AwaitState{
                             Side::client, "c", {tcp::State::established}, 1, wire::Range{1}},
                         60ms)});
       }},
      {"states_that_passed", rule::await_state.id,
       "CLOSE_WAIT on the client's side of socket \"c\" within 300 ms",
       "the kernel lists no socket of it after N ms; it was ESTABLISHED at N ms, CLOSED at N ms",
       Blame::server,
       [] {
         // The peer resets once the first reading is sure to have been made.
         return run_against(
             [](int fd) {
               sleeps(150ms);
               reset_at_close(fd);
             },
             {step(connect("c")),
              step(scenario::step::AwaitState{Side::client, "c", {tcp::State::close_wait}, 1},
                   300ms)});
       }},
      {"packets", rule::await_packets.id,
       "2 segments with FIN ACK without RST from the server within 60 ms", "none in N ms",
       Blame::server,
       [] {
         using packet::flag::ack, packet::flag::fin, packet::flag::rst;
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4,
                       {step(scenario::step::AwaitPackets{Side::server, fin | ack, rst, 2}, 60ms)});
       }},
      {"exit", rule::await_exit.id, "the server ends within 60 ms", "after N ms: runs",
       Blame::server,
       [] {
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4,
                       {step(scenario::step::AwaitExit{Side::server}, 60ms)});
       }},
      {"path_missing", rule::path_missing.id, "a socket at \"PATH\" within 60 ms",
       "nothing is there after N ms", Blame::server,
       [] {
         return path_case(step(scenario::step::PathExists{"", true}, 60ms), false);
       }},
      {"path_to_change_missing", rule::path_missing.id, "a socket at \"PATH\"", "nothing is there",
       Blame::server,
       [] {
         return path_case(step(scenario::step::Chmod{"", 0600}), false);
       }},
      {"path_left", rule::path_left.id, "nothing at \"PATH\" within 60 ms",
       "it is there after N ms", Blame::server,
       [] {
         return path_case(step(scenario::step::PathExists{"", false}, 60ms), true);
       }},
      {"time_limit", rule::time_limit.id,
       "the case's time limit of 10000 ms leaves room for: 7 bytes \"success\" within 2000 ms",
       "nothing in N ms", Blame::server,
       [] {
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), keeps);
         return run_at(server.address(), Transport::tcp, Family::ipv4, exchange(), {}, 60ms);
       }},
      {"time_limit_in_a_pause", rule::time_limit.id,
       "the case's time limit of 10000 ms leaves room for: a pause of 5000 ms", "N ms of it",
       Blame::none,
       [] {
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4,
                       {step(scenario::step::Pause{5000ms})}, {}, 60ms);
       }},
      {"time_limit_in_silence", rule::time_limit.id,
       "the case's time limit of 10000 ms leaves room for: nothing for 5000 ms", "nothing in N ms",
       Blame::server,
       [] {
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), keeps);
         return run_at(server.address(), Transport::tcp, Family::ipv4,
                       {step(connect("c")), step(silence("c", 5000ms))}, {}, 60ms);
       }},
      {"dead_program", rule::closed_before_answer.id, "7 bytes \"success\" within 2000 ms",
       "end of stream after N ms, and not one byte before it; the server: killed by SIGSEGV",
       Blame::server,
       [] {
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), asked(closes));
         return run_at(server.address(), Transport::tcp, Family::ipv4, exchange(),
                       [](FakeStage& stage) {
                         stage.alive[1] = false;
                         stage.descriptions[1] = "killed by SIGSEGV";
                       });
       }},
      {"no_program", rule::closed_before_answer.id, "7 bytes \"success\" within 2000 ms",
       "end of stream after N ms, and not one byte before it", Blame::none,
       [] {
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), asked(closes));
         return run_at(server.address(), Transport::tcp, Family::ipv4, exchange(), {}, 20'000ms,
                       [](scenario::Case& one) { one.server.reset(); });
       }},
  };
}

}  // namespace wireproof::script
