// Datagrams that are not as they should be.
#include <sys/socket.h>

#include <memory>
#include <optional>

#include "script/misses.h"

namespace wireproof::script {

namespace {

using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

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

}  // namespace

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

}  // namespace wireproof::script
