// Answers of streams that are not as they should be.
#include <poll.h>
#include <sys/socket.h>

#include "script/misses.h"

namespace wireproof::script {

namespace {

using scenario::Family;
using scenario::Transport;
using Kind = scenario::step::Expect::Kind;

}  // namespace

std::vector<MissCase> answer_misses() {
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

}  // namespace wireproof::script
