#include "capture/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <filesystem>

#include "base/atomic_file.h"

namespace wireproof::capture {
namespace {

using ::testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream stream = {};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  out.resize(::ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string long_text() {
  std::string text;
  for (unsigned i = 0; i < 60'000; ++i) text += std::to_string(i * 2654435761u);
  return text;
}

class SourceOf : public ::testing::Test {
 protected:
  ~SourceOf() override { std::filesystem::remove(file_); }
  struct All {
    std::string text, problem;
    std::string_view compression;
    std::uint64_t position = 0;
  };
  All all_of(std::string_view stored, std::size_t piece = 70'000) {
    write_file_atomically(file_, stored);
    All all;
    auto source = open_source(file_);
    EXPECT_TRUE(source);
    all.compression = (*source)->compression();
    std::vector<std::uint8_t> into(piece);
    for (;;) {
      const Source::Result got = (*source)->read(into, Wait::yes);
      if (got.got == Source::Got::damaged) all.problem = (*source)->problem();
      if (got.got != Source::Got::bytes) break;
      all.text.append(reinterpret_cast<const char*>(into.data()), got.size);
    }
    all.position = (*source)->position();
    return all;
  }
  const std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                      ("source_test." + std::to_string(::getpid()) + ".file");
};

TEST_F(SourceOf, PlainBytesAreWhatTheyAre) {
  for (const std::string text : {"", "a", "abc", "abcd", "abcde"}) {
    const All all = all_of(text);
    EXPECT_EQ(all.text, text);
    EXPECT_EQ(all.compression, "");
    EXPECT_EQ(all.position, text.size());
  }
}

TEST_F(SourceOf, GzipAndZstdWithSeveralMembersInPiecesOfAnySize) {
  const std::string text = long_text();
  for (const std::size_t piece : {1000u, 65536u, 4'000'000u}) {
    EXPECT_EQ(all_of(gzip(text), piece).text, text);
    EXPECT_EQ(all_of(zstd(text), piece).text, text);
    const All members = all_of(gzip(text) + gzip("") + gzip("end") + std::string(512, '\0'), piece);
    EXPECT_EQ(members.text, text + "end");
    EXPECT_EQ(members.problem, "");
    const All frames = all_of(zstd(text) + zstd("") + zstd("end"), piece);
    EXPECT_EQ(frames.text, text + "end");
    EXPECT_EQ(frames.problem, "");
    EXPECT_EQ(frames.compression, "zstd");
  }
  EXPECT_EQ(all_of(gzip("x") + "trailing garbage").text, "x");
}

TEST_F(SourceOf, CompressedDataCutAnywhereAreSaidToBeAndTheBytesBeforeAreGood) {
  const std::string text = "a capture file, or the beginning of one; " + long_text().substr(0, 300);
  for (const bool use_gzip : {true, false}) {
    const std::string whole = use_gzip ? gzip(text) : zstd(text);
    for (std::size_t size = 5; size < whole.size(); ++size) {
      const All all = all_of(std::string_view(whole).substr(0, size));
      EXPECT_THAT(all.problem, HasSubstr("end in the middle, at byte " + std::to_string(size)));
      EXPECT_EQ(all.text, text.substr(0, all.text.size()));
    }
  }
}

TEST_F(SourceOf, DamagedDataAreSaidToBe) {
  const std::string text = long_text();
  for (const bool use_gzip : {true, false}) {
    std::string spoiled = use_gzip ? gzip(text) : zstd(text);
    for (std::size_t i = spoiled.size() / 2; i < spoiled.size() / 2 + 40; ++i) spoiled[i] ^= 0x55;
    const All all = all_of(spoiled);
    EXPECT_THAT(all.problem, HasSubstr("damaged near byte"));
    EXPECT_LT(all.text.size(), text.size());
  }
  std::string wrong_sum = gzip(text);
  wrong_sum[wrong_sum.size() - 6] ^= 1;
  EXPECT_THAT(all_of(wrong_sum).problem, HasSubstr("incorrect data check"));
}

TEST_F(SourceOf, RefusalsSayWhy) {
  EXPECT_THAT(open_source("/nonexistent/file").error().text(), HasSubstr("No such file"));
  EXPECT_THAT(open_source("/tmp").error().text(), HasSubstr("directory"));
}

}  // namespace
}  // namespace wireproof::capture
