#include "stream/server_options.h"

#include "common/payload_options.h"

namespace targets {

void ServerOptions::add_options(OptionTable& table, bool is_tcp) {
  constexpr std::size_t largest_read = std::size_t{1} << 24;
  table.number<int>("--backlog", backlog, "listen(2)'s queue length (default 128)");
  table.number<std::uint64_t>("--exchanges", exchanges,
                              "messages per connection (default 1; 0: until the client's end)");
  table.number<std::size_t>("--receive", receive, "read up to N bytes as one message (1024)", 1,
                            largest_read);
  table.number<std::size_t>("--receive-exactly", receive_exactly,
                            "a message is N bytes, in however many reads", 1);
  add_answer_options(table, answer);
  table.flag("--echo", echo, "answer what was received");
  table.flag("--speak-first", speak_first, "give the first answer before reading anything");
  table.flag("--half-close-answer", half_close_answer,
             "read all until the client's end of stream, then answer");
  table.number<int>("--delay-ms", delay_ms, "wait before each answer");
  table.number<std::size_t>("--chunk", chunk, "send in writes of N bytes");
  table.number<int>("--chunk-gap-ms", chunk_gap_ms, "wait between these writes");
  table.number<int>("--read-gap-ms", read_gap_ms, "wait between reads of a message");
  table.number<int>("--accept-gap-ms", accept_gap_ms, "accept one connection each N ms");
  table.choice<ServerClose>(
      "--close", close,
      {{"client", ServerClose::client}, {"server", ServerClose::server}, {"now", ServerClose::now}},
      "who closes first (default client); now: close() after the answer");
  table.number<int>("--close-wait-ms", close_wait_ms,
                    "wait between the client's end of stream and the own close");
  table.number<std::uint64_t>("--max-connections", max_connections,
                              "end after serving N connections");
  add_engine_option(table, engine);
  tuning.add_options(table, is_tcp);
  table.flag("--quiet", quiet, "print nothing but errors");
  table.flag("--count-stdout", count_stdout, "print the totals at the end");
  if (faults.late_ms) table.number<int>("--late-ms", faults.late_ms, "how late each answer is");
}

void ServerOptions::apply_faults() {
  if (faults.late_ms) delay_ms += *faults.late_ms;
  if (faults.resets) tuning.linger_seconds = 0;
  if (faults.abandons == Abandons::at_end_of_stream) half_close_answer = true;
  if (faults.wrong_answer) {
    answer = Payload::text("failure");
    echo = false;
  }
  if (faults.closes_unanswered) {
    faults.answers = 0;
    close = ServerClose::now;
  }
}

}  // namespace targets
