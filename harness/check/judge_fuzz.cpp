// libFuzzer's entry for everything behind the reader: frames of any bytes dispatched, taken out of
// tunnels, put together, decoded, tracked and judged. The first byte says how: a selection's
// expression (--where), or frames, each of them two bytes of length, one of link type and of time,
// then its bytes. Built as a fuzzer with WIREPROOF_FUZZ; its regression inputs (testdata/fuzz) run
// in the ordinary tests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check/dispatcher.h"
#include "check/worker.h"

using namespace wireproof;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void judge(std::span<const std::uint8_t> bytes, bool decapsulate, std::size_t segments) {
  using packet::LinkType;
  static constexpr LinkType links[] = {LinkType::ethernet, LinkType::ipv4,      LinkType::ipv6,
                                       LinkType::raw,      LinkType::cooked_v1, LinkType::null};
  check::Batch batch;
  std::int64_t time_ns = 1'000'000'000;
  while (bytes.size() >= 3) {
    const std::size_t length =
        std::min<std::size_t>((bytes[0] & 7) * 256u + bytes[1], bytes.size() - 3);
    packet::Frame& frame = batch.block.frames.emplace_back();
    frame.number = batch.block.frames.size();
    frame.link = links[(bytes[2] & 7) % std::size(links)];
    time_ns += std::int64_t{1} << (bytes[2] >> 3);  // up to two seconds later
    frame.time_ns = time_ns;
    frame.wire_length = static_cast<std::uint32_t>(length + (bytes[0] >> 3) * 100u);
    frame.bytes = bytes.subspan(3, length);
    bytes = bytes.subspan(3 + length);
  }
  check::Dispatcher dispatcher({2, decapsulate});
  dispatcher.dispatch(batch);
  check::Judging judging;
  judging.reports = true;
  judging.segments = segments;
  check::Collector collector(2, [](report::ConnectionReport& one) {
    require(one.connection.index > 0);
    require(one.connection.first_packet > 0);
  });
  for (unsigned i = 0; i < 2; ++i) {
    check::Worker worker(judging);
    check::Account account;
    worker.work(batch, i, account);
    collector.deliver(i, account);
    worker.finish(account);
    collector.deliver(i, account);
  }
  collector.flush();
  for (const auto& [rule, count] : collector.summary().rules) {
    for (const std::uint64_t example : count.examples) require(example > 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  if (data[0] == 0xFF) {
    const auto where = check::Where::parse({reinterpret_cast<const char*>(data + 1), size - 1});
    report::ConnectionReport one;
    if (where) {
      (void)where->matches(one);
    } else {
      require(!where.error().empty());
    }
    return 0;
  }
  judge({data + 1, size - 1}, (data[0] & 1) != 0, (data[0] & 2) != 0 ? 0 : 100);
  return 0;
}
