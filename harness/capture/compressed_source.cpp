#include "capture/compressed_source.h"

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace wireproof::capture {
namespace {

// What both have in common: compressed bytes at hand, and what happens when they end.
class Compressed : public Source {
 public:
  Compressed(std::unique_ptr<Source> inner, std::string_view name)
      : inner_(std::move(inner)), name_(name), buffer_(128u << 10) {}

  Result read(std::span<std::uint8_t> into, Wait wait) final {
    for (;;) {
      if (!problem_.empty()) return {Got::damaged, 0};
      if (const std::size_t made = decompress(into); made > 0) return {Got::bytes, made};
      if (!problem_.empty()) continue;
      if (const Result more = refill(wait); more.got != Got::bytes) {
        if (more.got != Got::end || between_) return more;
        problem_ =
            fmt::format("the {} data end in the middle, at byte {} of the file", name_, position());
      }
    }
  }
  std::uint64_t position() const final { return inner_->position() - (end_ - begin_); }
  std::optional<std::uint64_t> size() const final { return inner_->size(); }
  std::string problem() const final { return problem_.empty() ? inner_->problem() : problem_; }
  std::string_view compression() const final { return name_; }

 protected:
  // Decompresses what is at hand; 0 and no problem: more is needed.
  virtual std::size_t decompress(std::span<std::uint8_t> into) = 0;

  void damaged(std::string_view why) {
    problem_ =
        fmt::format("the {} data are damaged near byte {} of the file: {}", name_, position(), why);
  }

  bool between_ = true;  // no member or frame is open
  std::size_t begin_ = 0, end_ = 0;
  std::unique_ptr<Source> inner_;
  std::string_view name_;
  std::vector<std::uint8_t> buffer_;

 private:
  Result refill(Wait wait) {
    if (begin_ < end_) {  // a decoder that wants more has taken all
      damaged("no progress");
      return {Got::bytes, 0};
    }
    const Result more = inner_->read(buffer_, wait);
    begin_ = 0;
    end_ = more.got == Got::bytes ? more.size : 0;
    return more;
  }

  std::string problem_;
};

class Gzip final : public Compressed {
 public:
  explicit Gzip(std::unique_ptr<Source> inner) : Compressed(std::move(inner), "gzip") {
    constexpr int gzip_only = 16;
    if (::inflateInit2(&stream_, MAX_WBITS + gzip_only) != Z_OK) throw std::bad_alloc();
  }
  ~Gzip() override { ::inflateEnd(&stream_); }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

 private:
  std::size_t decompress(std::span<std::uint8_t> into) override {
    while (begin_ < end_ && !ignore_rest_) {
      if (between_ && !start_member()) continue;
      stream_.next_in = buffer_.data() + begin_;
      stream_.avail_in = static_cast<uInt>(end_ - begin_);
      stream_.next_out = into.data();
      stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(into.size(), 1u << 30));
      const uInt room = stream_.avail_out;
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      begin_ = end_ - stream_.avail_in;
      if (result == Z_STREAM_END) {
        between_ = true;
        ::inflateReset(&stream_);
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        const std::size_t made = room - stream_.avail_out;
        damaged(stream_.msg == nullptr ? "inflate fails" : stream_.msg);
        return made;
      }
      if (stream_.avail_out < room) return room - stream_.avail_out;
    }
    if (ignore_rest_) begin_ = end_;
    return 0;
  }

  // Zeros after a member are padding (gzip(1) takes them so too); what is no member ends it.
  bool start_member() {
    if (any_ && buffer_[begin_] == 0) {
      ++begin_;
      return false;
    }
    if (any_ && buffer_[begin_] != 0x1F) {
      ignore_rest_ = true;
      return false;
    }
    any_ = true;
    between_ = false;
    return true;
  }

  z_stream stream_ = {};
  bool any_ = false, ignore_rest_ = false;
};

class Zstd final : public Compressed {
 public:
  explicit Zstd(std::unique_ptr<Source> inner)
      : Compressed(std::move(inner), "zstd"), stream_(::ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ::ZSTD_freeDStream(stream); }
  };
  std::size_t decompress(std::span<std::uint8_t> into) override {
    // Output may be left inside it when there is no more input, so it is asked all the same.
    ZSTD_outBuffer out = {into.data(), into.size(), 0};
    ZSTD_inBuffer in = {buffer_.data(), end_, begin_};
    if (begin_ == end_ && (!full_ || between_)) return 0;
    do {
      const std::size_t result = ::ZSTD_decompressStream(stream_.get(), &out, &in);
      begin_ = in.pos;
      if (::ZSTD_isError(result)) {
        damaged(::ZSTD_getErrorName(result));
        return out.pos;
      }
      between_ = result == 0;
    } while (out.pos == 0 && in.pos < in.size);
    full_ = out.pos == out.size;
    return out.pos;
  }

  std::unique_ptr<ZSTD_DStream, Free> stream_;
  bool full_ = false;  // the last call filled its output: there may be more
};

}  // namespace

bool is_gzip(std::span<const std::uint8_t> first) {
  return first.size() >= 3 && first[0] == 0x1F && first[1] == 0x8B && first[2] == 8;
}

bool is_zstd(std::span<const std::uint8_t> first) {
  static constexpr std::uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD};
  if (first.size() < 4) return false;
  const bool skippable =
      (first[0] & 0xF0) == 0x50 && first[1] == 0x2A && first[2] == 0x4D && first[3] == 0x18;
  return skippable || std::memcmp(first.data(), frame, sizeof frame) == 0;
}

std::unique_ptr<Source> gzip_source(std::unique_ptr<Source> compressed) {
  return std::make_unique<Gzip>(std::move(compressed));
}

std::unique_ptr<Source> zstd_source(std::unique_ptr<Source> compressed) {
  return std::make_unique<Zstd>(std::move(compressed));
}

}  // namespace wireproof::capture
