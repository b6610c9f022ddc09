// Every rule of scripts, broken by a peer that has the fault: the miss names it by that rule, says
// what was wanted and all that was seen, and blames the program that did it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <memory>
#include <regex>
#include <set>

#include "script/fake_stage.h"
#include "script/rules.h"

namespace wireproof::script {
namespace {

using namespace std::chrono_literals;
using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

struct MissCase {
  std::string name;
  std::string_view rule;
  std::string expected;
  std::string observed;  // timeless, and without port numbers
  Blame blame;
  std::function<Result()> run;
};
void PrintTo(const MissCase& one, std::ostream* out) { *out << one.name; }

// Port numbers and names of this run, as nobody can foretell them.
std::string placeless(const std::string& text) {
  static const std::regex port("(127\\.0\\.0\\.1|\\[::1\\]):[0-9]+");
  static const std::regex path("/tmp/wireproof-script-[0-9]+-[0-9]+");
  return std::regex_replace(std::regex_replace(text, port, "$1:PORT"), path, "PATH");
}

// One exchange on a connection: "123" is asked, "success" wanted.
std::vector<scenario::Step> exchange(milliseconds within = 2000ms) {
  return {step(connect("c")), step(send("c", "123")), step(expect("c", "success"), within)};
}
std::vector<scenario::Step> exchange_and(scenario::Step more) {
  auto steps = exchange();
  steps.push_back(std::move(more));
  return steps;
}

// A handler that reads the request and then does `rest`.
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

scenario::Step regex(std::string text, milliseconds within = 2000ms) {
  auto made = expect("c", Kind::regex);
  made.data.bytes = std::move(text);
  return step(made, within);
}

// Datagram servers: each handler call serves one datagram.
FakeServer::Handler answers_datagram(std::string bytes) {
  return [bytes](int fd) {
    SocketAddress from;
    read_datagram(fd, from);
    write_datagram(fd, bytes, from);
  };
}
std::vector<scenario::Step> ask_by_datagram(scenario::step::Expect wanted,
                                            milliseconds within = 2000ms) {
  scenario::step::Bind bind;
  bind.socket = "c";
  bind.side = Side::client;
  return {step(bind), step(send("c", "123")), step(wanted, within)};
}
Result run_udp(FakeServer::Handler handler, std::vector<scenario::Step> steps) {
  return run_against(std::move(handler), std::move(steps), Transport::udp);
}

// Somebody else's socket on an address of `family`, or a free port where nobody is.
SocketAddress free_address(int type) {
  const FakeServer gone(type, loopback(Family::ipv4), closes);
  return gone.address();
}
Result run_at(const SocketAddress& address, Transport transport, Family family,
              std::vector<scenario::Step> steps, const std::function<void(FakeStage&)>& set = {},
              milliseconds limit = 20'000ms,
              const std::function<void(scenario::Case&)>& change = {}) {
  FakeStage stage;
  stage.server = target_of(address);
  if (set) set(stage);
  scenario::Case one = make_case(transport, family, std::move(steps));
  if (change) change(one);
  return run(one, stage, limit);
}
void client_is_program(scenario::Case& one) {
  one.client = one.server;
  one.server.reset();
}

Result path_case(scenario::Step one, bool there) {
  const SocketAddress path = loopback(Family::unix_path);
  if (there) std::ofstream(path.unix_text()) << "left";
  const Result result = run_at(path, Transport::unix_stream, Family::unix_path, {std::move(one)});
  ::unlink(path.unix_text().c_str());
  return result;
}

std::vector<MissCase> connection_misses() {
  return {
      {"refused", rule::connect.id, "connect to 127.0.0.1:PORT within 2000 ms",
       "ECONNREFUSED (Connection refused) after N ms", Blame::server,
       [] {
         return run_at(free_address(SOCK_STREAM), Transport::tcp, Family::ipv4,
                       {step(connect("c"))});
       }},
      {"connected_where_refusal_was_wanted", rule::connect.id,
       "connect to 127.0.0.1:PORT within 2000 ms fails with ECONNREFUSED",
       "it succeeded after N ms", Blame::server,
       [] { return run_against(keeps, {step(connect("c", "ECONNREFUSED"))}); }},
      {"queue_full", rule::connect.id, "connect to PATH within 60 ms",
       "neither connected nor refused in N ms", Blame::server,
       [] {
         // Nobody accepts: a backlog of 0 takes one connection of a UNIX socket (unix(7)).
         const SocketAddress path = loopback(Family::unix_path);
         const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
         EXPECT_EQ(::bind(listener.get(), path.get(), path.length()), 0);
         EXPECT_EQ(::listen(listener.get(), 0), 0);
         const Result result = run_at(path, Transport::unix_stream, Family::unix_path,
                                      {step(connect("a")), step(connect("b"), 60ms)});
         ::unlink(path.unix_text().c_str());
         return result;
       }},
      {"bind_taken", rule::bind.id, "bind to 127.0.0.1:PORT",
       "EADDRINUSE (Address already in use) after N ms", Blame::none,
       [] {
         const FakeServer other(SOCK_STREAM, loopback(Family::ipv4), closes);
         scenario::step::Bind bind;
         bind.socket = "l";
         return run_at(other.address(), Transport::tcp, Family::ipv4, {step(bind)}, {}, 20'000ms,
                       client_is_program);
       }},
      {"listen_not_refused", rule::listen.id, "listen at 127.0.0.1:PORT fails with EADDRINUSE",
       "it succeeded after N ms", Blame::none,
       [] {
         scenario::step::Listen listen;
         listen.socket = "l";
         listen.fails = "EADDRINUSE";
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4, {step(listen)}, {},
                       20'000ms, client_is_program);
       }},
      {"nobody_connects", rule::accept.id, "a connection to 127.0.0.1:PORT within 50 ms",
       "none in N ms", Blame::client,
       [] {
         scenario::step::Listen listen;
         listen.socket = "l";
         return run_at(loopback(Family::ipv4), Transport::tcp, Family::ipv4,
                       {step(listen), step(scenario::step::Accept{"l", "s"}, 50ms)}, {}, 20'000ms,
                       client_is_program);
       }},
      {"shutdown_after_reset", rule::shutdown.id, "shut down the connection to 127.0.0.1:PORT",
       "ENOTCONN (Transport endpoint is not connected) after N ms", Blame::server,
       [] {
         return run_against(asked(reset_at_close), {step(connect("c")), step(send("c", "123")),
                                                    step(expect("c", Kind::reset)),
                                                    step(scenario::step::Shutdown{"c", {}})});
       }},
      {"option_refused", rule::option.id, "set TCP_MAXSEG of socket \"c\" to 1",
       "EINVAL (Invalid argument)", Blame::none,
       [] {
         return run_against(keeps,
                            {step(scenario::step::SetOption{"c", "TCP_MAXSEG", 1, {}, {}, {}})});
       }},
      {"never_reads", rule::send.id, "send 33554432 bytes", "and no more", Blame::server,
       [] {
         std::promise<void> given_up;  // until then it reads nothing
         FakeServer server(SOCK_STREAM, loopback(Family::ipv4), [&](int fd) {
           given_up.get_future().wait();
           read_to_end(fd);
         });
         const Result result =
             run_at(server.address(), Transport::tcp, Family::ipv4,
                    {step(connect("c")), step(send("c", std::string(32u << 20, 'x')), 100ms)});
         given_up.set_value();
         return result;
       }},
      {"peer_reset_while_sending", rule::send.id,
       "send 3 bytes \"123\" to 127.0.0.1:PORT within 2000 ms",
       "EPIPE (Broken pipe) after N ms, 0 of 3 bytes taken", Blame::server,
       [] {
         return run_against(asked(reset_at_close),
                            {step(connect("c")), step(send("c", "123")),
                             step(expect("c", Kind::reset)), step(send("c", "123"))});
       }},
      {"sent_where_refusal_was_wanted", rule::send.id,
       "send 3 bytes \"123\" to 127.0.0.1:PORT fails with EPIPE", "all of it was taken",
       Blame::server,
       [] {
         return run_against(keeps, {step(connect("c")), step(send("c", "123", "EPIPE"))});
       }},
  };
}

std::vector<MissCase> stream_misses() {
  const std::string wanted = "7 bytes \"success\" within 2000 ms";
  const std::string soon = "7 bytes \"success\" within 60 ms";
  return {
      {"short", rule::answer_short.id, wanted, "4 bytes \"succ\", then end of stream after N ms",
       Blame::server,
       [] { return run_against(asked([](int fd) { write_all(fd, "succ"); }), exchange()); }},
      {"short_and_open", rule::answer_short.id, soon,
       "4 bytes \"succ\" in N ms, and nothing in N ms more", Blame::server,
       [] { return run_against(answers("succ"), exchange(60ms)); }},
      {"length_short", rule::answer_short.id, "1025 bytes within 2000 ms",
       "4 bytes \"succ\", then end of stream after N ms", Blame::server,
       [] {
         auto wants = expect("c", Kind::length);
         wants.length = 1025;
         return run_against(asked([](int fd) { write_all(fd, "succ"); }),
                            {step(connect("c")), step(send("c", "123")), step(wants)});
       }},
      {"wrong", rule::answer_wrong.id, wanted,
       "7 bytes \"failure\" after N ms: from offset 0 on wanted 73 75 63 63 65 73 73 \"success\", "
       "came 66 61 69 6c 75 72 65 \"failure\"",
       Blame::server, [] { return run_against(answers("failure"), exchange()); }},
      {"wrong_and_hostile", rule::answer_wrong.id, wanted,
       "7 bytes \"suc\\x1b[2J\" after N ms: from offset 3 on wanted 63 65 73 73 \"cess\", came "
       "1b 5b 32 4a \"\\x1b[2J\"",
       Blame::server, [] { return run_against(answers("suc\x1b[2J"), exchange()); }},
      {"wrong_prefix", rule::answer_wrong.id, "bytes that begin with \"HTTP\" within 2000 ms",
       "4 bytes \"HTML\" after N ms: from offset 2 on wanted 54 50 \"TP\", came 4d 4c \"ML\"",
       Blame::server,
       [] {
         auto wants = expect("c", Kind::prefix);
         wants.data.bytes = "HTTP";
         return run_against(answers("HTML5"),
                            {step(connect("c")), step(send("c", "123")), step(wants)});
       }},
      {"no_match", rule::answer_wrong.id, "bytes that match \"^2[0-9]{2}\" within 2000 ms",
       "3 bytes \"404\", which do not match, then end of stream after N ms", Blame::server,
       [] {
         return run_against(asked([](int fd) { write_all(fd, "404"); }),
                            {step(connect("c")), step(send("c", "123")), regex("^2[0-9]{2}")});
       }},
      {"no_match_and_open", rule::answer_wrong.id, "bytes that match \"^2[0-9]{2}\" within 60 ms",
       "3 bytes \"404\", which do not match, then nothing more in N ms", Blame::server,
       [] {
         return run_against(answers("404"), {step(connect("c")), step(send("c", "123")),
                                             regex("^2[0-9]{2}", 60ms)});
       }},
      {"no_match_in_much", rule::answer_wrong.id, "bytes that match \"b\" within 2000 ms",
       "no match in the first 4096 bytes: 4096 bytes \"" + std::string(200, 'a') +
           "\"... 3896 more bytes",
       Blame::server,
       [] {
         return run_against(answers(std::string(5000, 'a')),
                            {step(connect("c")), step(send("c", "123")), regex("b")});
       }},
      {"missing", rule::answer_missing.id, soon, "nothing in N ms, nor in N ms more", Blame::server,
       [] { return run_against(asked(keeps), exchange(60ms)); }},
      {"missing_then_closed", rule::answer_missing.id, "7 bytes \"success\" within 300 ms",
       "nothing in N ms; end of stream came N ms after the deadline", Blame::server,
       [] { return run_against(asked([](int) { sleeps(350ms); }), exchange(300ms)); }},
      {"missing_match", rule::answer_missing.id, "bytes that match \"x\" within 60 ms",
       "nothing in N ms", Blame::server,
       [] {
         return run_against(asked(keeps),
                            {step(connect("c")), step(send("c", "123")), regex("x", 60ms)});
       }},
      {"late", rule::answer_late.id, "7 bytes \"success\" within 300 ms",
       "nothing in N ms; 7 bytes \"success\" came N ms after the deadline", Blame::server,
       [] {
         return run_against(asked([](int fd) {
                              sleeps(350ms);
                              write_all(fd, "success");
                              keeps(fd);
                            }),
                            exchange(300ms));
       }},
      {"late_in_part", rule::answer_late.id, "7 bytes \"success\" within 300 ms",
       "4 bytes \"succ\" in N ms; the other 3 bytes came N ms after the deadline", Blame::server,
       [] {
         return run_against(asked([](int fd) {
                              write_all(fd, "succ");
                              sleeps(350ms);
                              write_all(fd, "ess");
                              keeps(fd);
                            }),
                            exchange(300ms));
       }},
      {"late_match", rule::answer_late.id, "bytes that match \"x+\" within 300 ms",
       "no match in N ms; 2 bytes \"xx\" came by N ms after the deadline", Blame::server,
       [] {
         return run_against(asked([](int fd) {
                              sleeps(350ms);
                              write_all(fd, "xx");
                              keeps(fd);
                            }),
                            {step(connect("c")), step(send("c", "123")), regex("x+", 300ms)});
       }},
      {"closed_before_answer", rule::closed_before_answer.id, wanted,
       "end of stream after N ms, and not one byte before it", Blame::server,
       [] { return run_against(asked(closes), exchange()); }},
      {"closed_before_match", rule::closed_before_answer.id,
       "bytes that match \"x\" within 2000 ms", "end of stream after N ms", Blame::server,
       [] {
         return run_against(asked(closes),
                            {step(connect("c")), step(send("c", "123")), regex("x")});
       }},
      {"reset_before_answer", rule::reset_before_answer.id, wanted, "reset (ECONNRESET) after N ms",
       Blame::server, [] { return run_against(asked(reset_at_close), exchange()); }},
      {"reset_in_answer", rule::reset_before_answer.id, wanted,
       "4 bytes \"succ\", then reset (ECONNRESET) after N ms", Blame::server,
       [] {
         return run_against(asked([](int fd) {
                              write_all(fd, "succ");
                              sleeps(50ms);
                              reset_at_close(fd);
                            }),
                            exchange());
       }},
      {"reset_before_match", rule::reset_before_answer.id, "bytes that match \"x\" within 2000 ms",
       "reset (ECONNRESET) after N ms", Blame::server,
       [] {
         return run_against(asked(reset_at_close),
                            {step(connect("c")), step(send("c", "123")), regex("x")});
       }},
      {"half_close_ignored", rule::half_close_ignored.id, soon, "nothing in N ms, nor in N ms more",
       Blame::server,
       [] {
         return run_against(
             [](int fd) {
               read_to_end(fd);
               pollfd closed{fd, 0, 0};  // POLLHUP: both ways have ended
               ::poll(&closed, 1, 1000);
             },
             {step(connect("c")), step(send("c", "123")), step(scenario::step::Shutdown{"c", {}}),
              step(expect("c", "success"), 60ms)});
       }},
      {"answered_twice", rule::answer_extra.id, "the end of the stream within 2000 ms",
       "7 bytes \"success\": the answer again, given twice, then end of stream, first after N ms",
       Blame::server,
       [] {
         return run_against(asked([](int fd) { write_all(fd, "successsuccess"); }),
                            exchange_and(step(expect("c", Kind::end))));
       }},
      {"answered_thrice", rule::answer_extra.id, "nothing for 300 ms",
       "14 bytes \"successsuccess\": the answer again, and more, first after N ms", Blame::server,
       [] {
         return run_against(answers("successsuccesssuccess"),
                            exchange_and(step(silence("c", 300ms))));
       }},
      {"held_back_extra", rule::answer_extra.id, "the end of the stream within 2000 ms",
       "1 byte \"y\", then end of stream, first after N ms", Blame::server,
       [] {
         return run_against(asked([](int fd) { write_all(fd, "xxy"); }),
                            {step(connect("c")), step(send("c", "123")), regex("x+"),
                             step(expect("c", Kind::end))});
       }},
      {"stays_open", rule::expect_end.id, "the end of the stream within 60 ms",
       "nothing in N ms: the connection stays open", Blame::server,
       [] {
         return run_against(answers("success"), exchange_and(step(expect("c", Kind::end), 60ms)));
       }},
      {"reset_where_end_was_wanted", rule::reset_before_end.id,
       "the end of the stream within 2000 ms", "reset (ECONNRESET) after N ms", Blame::server,
       [] {
         return run_against(asked(reset_at_close), {step(connect("c")), step(send("c", "123")),
                                                    step(expect("c", Kind::end))});
       }},
      {"end_where_reset_was_wanted", rule::expect_reset.id, "a reset (ECONNRESET) within 60 ms",
       "end of stream after N ms, and no reset after it", Blame::server,
       [] {
         return run_against(asked(closes), {step(connect("c")), step(send("c", "123")),
                                            step(expect("c", Kind::reset), 60ms)});
       }},
      {"no_reset", rule::expect_reset.id, "a reset (ECONNRESET) within 60 ms",
       "nothing in N ms: the connection stays open", Blame::server,
       [] {
         return run_against(keeps, {step(connect("c")), step(expect("c", Kind::reset), 60ms)});
       }},
      {"not_silent", rule::nothing.id, "nothing for 300 ms", "5 bytes \"hello\", first after N ms",
       Blame::server,
       [] {
         return run_against(
             [](int fd) {
               write_all(fd, "hello");
               keeps(fd);
             },
             {step(connect("c")), step(silence("c", 300ms))});
       }},
      {"closed_where_silence_was_wanted", rule::nothing.id, "nothing for 300 ms",
       "end of stream after N ms", Blame::server,
       [] {
         return run_against(closes, {step(connect("c")), step(silence("c", 300ms))});
       }},
      {"read_fails_otherwise", rule::expect.id, wanted,
       "ENOTCONN (Transport endpoint is not connected) after N ms", Blame::server,
       [] {
         scenario::step::Bind bind;
         bind.socket = "c";
         bind.side = Side::client;
         return run_against(keeps, {step(bind), step(expect("c", "success"))});
       }},
  };
}

std::vector<MissCase> datagram_misses() {
  const std::string wanted = "a datagram of 7 bytes \"success\" within 2000 ms";
  const auto from_server = [](std::string bytes) {
    auto made = expect("c", std::move(bytes));
    made.from = "server";
    return made;
  };
  return {
      {"datagram_short", rule::answer_short.id, wanted,
       "a datagram of 4 bytes \"succ\" from 127.0.0.1:PORT after N ms: 4 of 7 bytes", Blame::server,
       [] { return run_udp(answers_datagram("succ"), ask_by_datagram(expect("c", "success"))); }},
      {"datagram_empty", rule::answer_short.id, wanted,
       "a datagram of 0 bytes from 127.0.0.1:PORT after N ms: 0 of 7 bytes", Blame::server,
       [] { return run_udp(answers_datagram(""), ask_by_datagram(expect("c", "success"))); }},
      {"datagram_long", rule::answer_extra.id, wanted,
       "a datagram of 14 bytes \"successsuccess\" from 127.0.0.1:PORT after N ms: 7 bytes too "
       "many: "
       "the answer twice",
       Blame::server,
       [] {
         return run_udp(answers_datagram("successsuccess"),
                        ask_by_datagram(expect("c", "success")));
       }},
      {"datagram_wrong", rule::answer_wrong.id, wanted,
       "a datagram of 7 bytes \"succXss\" from 127.0.0.1:PORT after N ms: from offset 4 on wanted "
       "65 73 73 \"ess\", came 58 73 73 \"Xss\"",
       Blame::server,
       [] {
         return run_udp(answers_datagram("succXss"), ask_by_datagram(expect("c", "success")));
       }},
      {"datagram_no_match", rule::answer_wrong.id,
       "a datagram of bytes that match \"^s$\" within 2000 ms",
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT after N ms: no match", Blame::server,
       [] {
         auto wants = expect("c", Kind::regex);
         wants.data.bytes = "^s$";
         return run_udp(answers_datagram("success"), ask_by_datagram(wants));
       }},
      {"datagram_other_prefix", rule::answer_wrong.id,
       "a datagram of bytes that begin with \"sum\" within 2000 ms",
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT after N ms: from offset 2 on wanted "
       "6d \"m\", came 63 63 65 73 73 \"ccess\"",
       Blame::server,
       [] {
         auto wants = expect("c", Kind::prefix);
         wants.data.bytes = "sum";
         return run_udp(answers_datagram("success"), ask_by_datagram(wants));
       }},
      {"datagram_length", rule::answer_extra.id, "a datagram of 4 bytes within 2000 ms",
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT after N ms: 3 too many",
       Blame::server,
       [] {
         auto wants = expect("c", Kind::length);
         wants.length = 4;
         return run_udp(answers_datagram("success"), ask_by_datagram(wants));
       }},
      {"datagram_missing", rule::answer_missing.id,
       "a datagram of 7 bytes \"success\" within 60 ms", "nothing in N ms, nor in N ms more",
       Blame::server,
       [] {
         const auto ignores = [](int fd) {
           SocketAddress from;
           read_datagram(fd, from);
         };
         return run_udp(ignores, ask_by_datagram(expect("c", "success"), 60ms));
       }},
      {"datagram_late", rule::answer_late.id, "a datagram of 7 bytes \"success\" within 300 ms",
       "nothing in N ms; a datagram of 7 bytes \"success\" from 127.0.0.1:PORT came N ms after the "
       "deadline",
       Blame::server,
       [] {
         const auto dawdles = [](int fd) {
           SocketAddress from;
           read_datagram(fd, from);
           sleeps(350ms);
           write_datagram(fd, "success", from);
         };
         return run_udp(dawdles, ask_by_datagram(expect("c", "success"), 300ms));
       }},
      {"datagram_refused", rule::answer_refused.id, wanted,
       "ECONNREFUSED (Connection refused) after N ms", Blame::server,
       [] { return run_at(free_address(SOCK_DGRAM), Transport::udp, Family::ipv4, exchange()); }},
      {"datagram_not_refused", rule::expect_refused.id, "a refusal (ECONNREFUSED) within 60 ms",
       "nothing in N ms", Blame::server,
       [] {
         return run_udp(
             [](int fd) {
               SocketAddress from;
               read_datagram(fd, from);
             },
             {step(connect("c")), step(send("c", "123")), step(expect("c", Kind::refused), 60ms)});
       }},
      {"datagram_from_other_port", rule::answer_other_address.id,
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT within 2000 ms",
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT after N ms: it is not "
       "127.0.0.1:PORT's",
       Blame::server,
       [from_server] {
         const auto elsewhere = [](int fd) {
           SocketAddress from;
           read_datagram(fd, from);
           const Fd second(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
           write_datagram(second.get(), "success", from);
         };
         return run_udp(elsewhere, ask_by_datagram(from_server("success")));
       }},
      {"datagram_to_other_client", rule::answer_wrong_peer.id,
       "a datagram of 7 bytes \"success\" within 300 ms",
       "nothing in N ms; socket \"d\" was sent 7 bytes \"success\" from 127.0.0.1:PORT and had not "
       "asked for it",
       Blame::server,
       [] {
         // The first datagram tells the server of d, which is then given c's answer.
         auto state = std::make_shared<std::optional<SocketAddress>>();
         const auto mistakes = [state](int fd) {
           SocketAddress from;
           const std::string text = read_datagram(fd, from);
           if (text == "hello") {
             *state = from;
             write_datagram(fd, "welcome", from);
           } else {
             write_datagram(fd, "success", **state);
           }
         };
         return run_udp(mistakes, {step(send("d", "hello")), step(expect("d", "welcome")),
                                   step(send("c", "123")), step(expect("c", "success"), 300ms)});
       }},
      {"datagram_to_silent_client", rule::answer_wrong_peer.id, "nothing for 2000 ms",
       "7 bytes \"success\" from 127.0.0.1:PORT after N ms, where socket \"c\" waits for an answer",
       Blame::server,
       [] {
         const SocketAddress silent = free_address(SOCK_DGRAM);
         const auto mistakes = [silent](int fd) {
           SocketAddress from;
           read_datagram(fd, from);
           write_datagram(fd, "success", silent);
         };
         scenario::step::Bind bind;
         bind.socket = "d";
         bind.side = Side::client;
         bind.at.port = silent.endpoint().port;
         return run_udp(mistakes, {step(bind), step(send("c", "123")), step(silence("d", 2000ms))});
       }},
      {"datagram_twice", rule::answer_extra.id, "nothing for 2000 ms",
       "7 bytes \"success\": the answer again, given twice from 127.0.0.1:PORT, first after N ms",
       Blame::server,
       [] {
         const auto twice = [](int fd) {
           SocketAddress from;
           read_datagram(fd, from);
           write_datagram(fd, "success", from);
           write_datagram(fd, "success", from);
         };
         auto steps = ask_by_datagram(expect("c", "success"));
         steps.push_back(step(silence("c", 2000ms)));
         return run_udp(twice, steps);
       }},
      {"datagram_truncated", rule::truncation.id,
       "a datagram of 4 bytes, not truncated within 2000 ms",
       "a datagram of 7 bytes, truncated to 4 bytes \"succ\" from 127.0.0.1:PORT after N ms: "
       "truncated",
       Blame::server,
       [] {
         auto wants = expect("c", Kind::length);
         wants.length = wants.receive = 4;
         wants.truncated = false;
         return run_udp(answers_datagram("success"), ask_by_datagram(wants));
       }},
      {"datagram_not_truncated", rule::truncation.id,
       "a datagram of 7 bytes, truncated within 2000 ms",
       "a datagram of 7 bytes \"success\" from 127.0.0.1:PORT after N ms: not truncated",
       Blame::server,
       [] {
         auto wants = expect("c", Kind::length);
         wants.length = 7;
         wants.truncated = true;
         return run_udp(answers_datagram("success"), ask_by_datagram(wants));
       }},
      {"seqpacket_closed", rule::closed_before_answer.id, wanted,
       "end of stream after N ms, and not one message before it", Blame::server,
       [] {
         return run_against(asked(closes), exchange(), Transport::unix_seqpacket,
                            Family::unix_abstract);
       }},
  };
}

std::vector<MissCase> other_misses() {
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

std::vector<MissCase> all_misses() {
  std::vector<MissCase> all;
  for (auto part : {connection_misses(), stream_misses(), datagram_misses(), other_misses()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

class Miss : public testing::TestWithParam<MissCase> {};

TEST_P(Miss, IsNamedByItsRule) {
  const MissCase& wanted = GetParam();
  const Result result = wanted.run();
  ASSERT_EQ(result.findings.size(), 1u);
  const Finding& finding = result.findings[0];
  EXPECT_EQ(finding.rule, wanted.rule);
  EXPECT_EQ(finding.severity, Severity::must);
  EXPECT_EQ(finding.source, "scenario");
  EXPECT_EQ(finding.blame, wanted.blame);
  EXPECT_FALSE(finding.inconclusive);
  if (wanted.name == "never_reads") {  // how much the kernel takes is its own choice
    EXPECT_THAT(finding.expected, testing::StartsWith(wanted.expected));
    EXPECT_THAT(finding.observed, testing::EndsWith(wanted.observed));
  } else {
    EXPECT_EQ(placeless(finding.expected), wanted.expected);
    EXPECT_EQ(placeless(timeless(finding.observed)), wanted.observed);
  }
  // The miss is the last step's, and the record beside it says the same.
  EXPECT_FALSE(result.completed);
  ASSERT_FALSE(result.steps.empty());
  const StepRecord& last = result.steps.back();
  EXPECT_FALSE(last.ok);
  EXPECT_EQ(last.wanted, finding.expected);
  EXPECT_EQ(last.seen, finding.observed);
  EXPECT_EQ(finding.where,
            fmt::format("step {}, test.json:{}:5", result.steps.size(), result.steps.size()));
}

INSTANTIATE_TEST_SUITE_P(Of, Miss, testing::ValuesIn(all_misses()),
                         [](const auto& one) { return one.param.name; });

TEST(EveryRule, IsBrokenByATest) {
  std::set<std::string_view> broken, listed;
  for (const MissCase& one : all_misses()) broken.insert(one.rule);
  for (const Rule& one : rules()) {
    EXPECT_TRUE(listed.insert(one.id).second) << one.id << " is listed twice";
    EXPECT_THAT(std::string(one.id), testing::StartsWith("script."));
    EXPECT_FALSE(one.title.empty());
  }
  EXPECT_EQ(broken, listed);
}

}  // namespace
}  // namespace wireproof::script
