// Cost of reading a capture file, per packet: what is left of the disk's speed. Items are packets.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "capture/reader.h"
#include "capture/writer.h"
#include "packet/build.h"

namespace wireproof::capture {
namespace {

namespace build = packet::build;

void BM_Read(benchmark::State& state) {
  const build::Bytes bytes =
      build::tcp_frame(build::endpoint("192.0.2.1", 1), build::endpoint("192.0.2.2", 2), {});
  const std::vector frames(200'000, build::frame(bytes));
  const auto file =
      std::filesystem::temp_directory_path() / ("reader_bench." + std::to_string(::getpid()));
  if (state.range(0) == 0) {
    write_file_atomically(file, pcap_bytes(frames, packet::LinkType::ethernet));
  } else {
    PcapngFile pcapng;
    pcapng.interfaces.emplace_back();
    for (const packet::Frame& frame : frames) pcapng.packets.push_back({frame, 0, {}});
    write_file_atomically(file, pcapng_bytes(pcapng));
  }
  std::size_t count = 0;
  for (auto _ : state) {
    auto reader = Reader::open(file);
    FrameBlock block;
    while (reader->read(block)) count += block.frames.size();
  }
  if (count != frames.size() * static_cast<std::size_t>(state.iterations())) {
    state.SkipWithError("frames are missing");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
  std::filesystem::remove(file);
}
BENCHMARK(BM_Read)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wireproof::capture
