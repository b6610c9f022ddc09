// Makes a capture of any size, for measuring what judges it: short connections of ten packets,
// opened by three segments, a request and an answer, closed by three, some two thousand at a time.
// Usage: make_capture FILE CONNECTIONS
//
//   connection c sends its step s at tick c + s * 200, so that all steps of some are in every tick
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include "packet/build.h"

using namespace wireproof::packet;

namespace {

constexpr unsigned steps = 10, apart = 200;

struct Step {
  bool from_client;
  std::uint16_t flags;
  std::uint32_t seq, ack;  // relative to the ISNs
  std::uint32_t length;
};
constexpr std::uint32_t request = 64, answer = 200;
constexpr Step plan[steps] = {
    {true, flag::syn, 0, 0, 0},
    {false, flag::syn | flag::ack, 0, 1, 0},
    {true, flag::ack, 1, 1, 0},
    {true, flag::psh | flag::ack, 1, 1, request},
    {false, flag::ack, 1, 1 + request, 0},
    {false, flag::psh | flag::ack, 1, 1 + request, answer},
    {true, flag::ack, 1 + request, 1 + answer, 0},
    {true, flag::fin | flag::ack, 1 + request, 1 + answer, 0},
    {false, flag::fin | flag::ack, 1 + answer, 2 + request, 0},
    {true, flag::ack, 2 + request, 2 + answer, 0},
};

build::Bytes frame_of(std::uint64_t connection, const Step& step) {
  Endpoint client = build::endpoint("10.0.0.0", 0);
  const Endpoint server = build::endpoint("192.0.2.1", 80);
  client.address.bytes[1] = static_cast<std::uint8_t>(connection / 60000 / 256);
  client.address.bytes[2] = static_cast<std::uint8_t>(connection / 60000);
  client.address.bytes[3] = 1;
  client.port = static_cast<std::uint16_t>(1024 + connection % 60000);
  const auto isn = static_cast<std::uint32_t>(connection * 2654435761u);
  const std::uint32_t mine = step.from_client ? isn : ~isn, other = ~mine;
  build::TcpFields fields;
  fields.seq = mine + step.seq;
  fields.ack = (step.flags & flag::ack) != 0 ? other + step.ack : 0;
  fields.flags = step.flags;
  if ((step.flags & flag::syn) != 0) {
    fields.options = build::join({build::option_mss(1460), build::option_sack_permitted()});
  }
  const build::Bytes payload(step.length, 'x');
  return step.from_client ? build::tcp_frame(client, server, fields, payload)
                          : build::tcp_frame(server, client, fields, payload);
}

template <typename Number>
void append(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t connections = 0;
  if (argc == 3) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), connections);
  std::FILE* const file = connections > 0 ? std::fopen(argv[1], "wb") : nullptr;
  if (file == nullptr) {
    std::fputs("usage: make_capture FILE CONNECTIONS\n", stderr);
    return 2;
  }
  std::string out;
  append(out, std::uint32_t{0xA1B23C4D});
  append(out, std::uint16_t{2});
  append(out, std::uint16_t{4});
  append(out, std::uint64_t{0});
  append(out, std::uint32_t{262144});
  append(out, std::uint32_t{1});
  std::uint64_t time_us = 1'700'000'000'000'000;
  bool written = true;
  for (std::uint64_t tick = 0; tick < connections + steps * apart; ++tick) {
    for (unsigned i = 0; i < steps; ++i) {
      if (tick < i * apart || tick - i * apart >= connections) continue;
      const build::Bytes bytes = frame_of(tick - i * apart, plan[i]);
      time_us += 2;
      append(out, static_cast<std::uint32_t>(time_us / 1'000'000));
      append(out, static_cast<std::uint32_t>(time_us % 1'000'000 * 1000));
      append(out, static_cast<std::uint32_t>(bytes.size()));
      append(out, static_cast<std::uint32_t>(bytes.size()));
      out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    if (out.size() < (1u << 20) && tick + 1 < connections + steps * apart) continue;
    written = written && std::fwrite(out.data(), 1, out.size(), file) == out.size();
    out.clear();
  }
  written = std::fclose(file) == 0 && written;
  if (!written) std::perror(argv[1]);
  return written ? 0 : 3;
}
