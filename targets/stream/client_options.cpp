#include "stream/client_options.h"

#include "common/payload_options.h"

namespace targets {

void ClientOptions::add_options(OptionTable& table, bool is_tcp) {
  add_message_options(table, message, expected);
  table.number<std::size_t>("--receive", receive, "read up to N bytes at once (1024)", 1,
                            std::size_t{1} << 24);
  table.number<std::uint64_t>("--exchanges", exchanges, "messages per connection (default 1)");
  table.number<std::uint64_t>("--connections", connections, "connections, one after another", 1);
  table.number<unsigned>("--parallel", parallel, "so many at once, each --connections times", 1,
                         30000);
  table.number<int>("--delay-ms", delay_ms, "wait before each message");
  table.number<std::size_t>("--chunk", chunk, "send in writes of N bytes");
  table.number<int>("--chunk-gap-ms", chunk_gap_ms, "wait between these writes");
  table.number<int>("--read-gap-ms", read_gap_ms, "wait before each read");
  table.flag("--half-close", half_close,
             "after sending, shut down sending; the answer then ends with the stream");
  table.choice<ClientClose>("--close", close,
                            {{"client", ClientClose::client}, {"server", ClientClose::server}},
                            "who closes first (default client); server: read to the end first");
  table.number<int>("--close-wait-ms", close_wait_ms,
                    "wait between the server's end of stream and the own close");
  table.number<int>("--hold-ms", hold_ms, "keep the connection open after the last answer");
  if (is_tcp) {
    table.value("--bind", "ADDRESS[:PORT]", "the own address; IPv6: [ADDRESS]:PORT",
                [this](const std::string& text) { bind = Address::bind_argument(text); });
  }
  table.number<int>("--timeout-ms", timeout_ms, "fail when nothing moves for so long (5000)");
  tuning.add_options(table, is_tcp);
  table.flag("--quiet", quiet, "do not print the answers");
}

}  // namespace targets
