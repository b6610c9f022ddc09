// Streams that end, or do not end, otherwise than they should.

#include "script/misses.h"

namespace wireproof::script {

namespace {

using Kind = scenario::step::Expect::Kind;

}  // namespace

std::vector<MissCase> ending_misses() {
  return {
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
  };
}

}  // namespace wireproof::script
