// libFuzzer's entry for what reads capture files. The first byte chooses: decompression of what
// follows (gzip, zstd), or records of it, taken whole and again in pieces of some size, which must
// come to the same. Built as a fuzzer with WIREPROOF_FUZZ; its regression inputs
// (testdata/fuzz) run in the ordinary tests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "capture/compressed_source.h"
#include "capture/format.h"

using namespace wireproof;
using namespace wireproof::capture;

namespace {

using Bytes = std::span<const std::uint8_t>;

void require(bool condition) {
  if (!condition) std::abort();
}

class MemorySource final : public Source {
 public:
  MemorySource(Bytes bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
  Result read(std::span<std::uint8_t> into, Wait) override {
    const std::size_t size = std::min({into.size(), piece_, bytes_.size() - at_});
    if (size == 0) return {Got::end, 0};
    std::memcpy(into.data(), bytes_.data() + at_, size);
    at_ += size;
    return {Got::bytes, size};
  }
  std::uint64_t position() const override { return at_; }
  std::optional<std::uint64_t> size() const override { return bytes_.size(); }
  std::string problem() const override { return {}; }

 private:
  Bytes bytes_;
  std::size_t piece_, at_ = 0;
};

void decompress(Bytes bytes, bool gzip, std::size_t piece) {
  auto memory = std::make_unique<MemorySource>(bytes, piece);
  const auto source = gzip ? gzip_source(std::move(memory)) : zstd_source(std::move(memory));
  std::vector<std::uint8_t> into(4096);
  std::size_t all = 0;
  while (all < (8u << 20)) {
    const Source::Result got = source->read(into, Wait::yes);
    require(got.size <= into.size());
    if (got.got != Source::Got::bytes) {
      require(got.got == Source::Got::end || !source->problem().empty());
      break;
    }
    require(got.size > 0);
    all += got.size;
  }
}

struct Seen {
  std::vector<std::uint64_t> lengths;
  std::string damage;
};

// As capture/reader.cpp feeds a format: what is not taken comes again with more behind it.
Seen records(Bytes bytes, std::size_t piece) {
  Seen seen;
  Format::Refusal refusal;
  const auto format =
      Format::detect(bytes.first(std::min(bytes.size(), Format::kHeadSize)), refusal);
  if (format == nullptr) {
    require(!refusal.what.empty());
    return seen;
  }
  std::size_t begin = 0, end = 0;
  std::vector<packet::Frame> frames;
  while (end < bytes.size()) {
    end = std::min(bytes.size(), end + piece);
    if (begin >= end) continue;  // a block is being skipped
    const Bytes now = bytes.subspan(begin, end - begin);
    frames.clear();
    const FormatStep step = format->parse(now, frames);
    for (const packet::Frame& frame : frames) {
      require(frame.bytes.empty() ||
              (frame.bytes.data() >= now.data() &&
               frame.bytes.data() + frame.bytes.size() <= now.data() + now.size()));
      seen.lengths.push_back(frame.bytes.size());
      require(frame.number == seen.lengths.size());
    }
    begin += step.taken;
    if (!step.damage.empty()) {
      seen.damage = step.damage;
      break;
    }
    if (step.taken < now.size()) require(step.needed > now.size() - step.taken);
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const Bytes bytes(data + 2, size - 2);
  const std::size_t piece = 1 + data[1] * 7u;
  if ((data[0] & 3) == 1) {
    decompress(bytes, (data[0] & 4) != 0, piece);
    return 0;
  }
  const Seen whole = records(bytes, bytes.size() + 1), pieces = records(bytes, piece);
  require(whole.lengths == pieces.lengths);
  require(whole.damage == pieces.damage);
  return 0;
}
