#include "capture/annotate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "capture/blocks_for_test.h"
#include "capture/reader.h"

namespace wireproof::capture {
namespace {

using testing::Bytes;
using ::testing::ElementsAre;
using testing::Pcapng;

class Annotated : public ::testing::Test {
 protected:
  ~Annotated() override { std::filesystem::remove_all(folder_); }
  std::string annotate(const std::string& content, std::uint64_t at, const std::string& comment) {
    write_file_atomically(folder_ / "in", content);
    std::string out;
    const auto error = capture::annotate(
        folder_ / "in", {[&](std::uint64_t packet) {
                           return packet == at ? std::vector{comment} : std::vector<std::string>();
                         },
                         [&](std::string_view bytes) { out += bytes; }, "test"});
    EXPECT_FALSE(error) << error->text();
    return out;
  }
  struct Read {
    std::vector<std::string> frames;
    std::vector<std::int64_t> times;
    FileNotes notes;
  };
  Read read(const std::string& content) {
    write_file_atomically(folder_ / "out", content);
    Read all;
    auto reader = Reader::open(folder_ / "out");
    EXPECT_TRUE(reader);
    FrameBlock block;
    while (reader->read(block)) {
      for (const packet::Frame& frame : block.frames) {
        all.frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
        all.times.push_back(frame.time_ns);
      }
    }
    EXPECT_FALSE(reader->damage()) << reader->damage()->text();
    all.notes = reader->notes();
    return all;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("annotate_test." + std::to_string(::getpid()));
};

TEST_F(Annotated, EveryBlockStaysAndPacketsOfAnyFormCanHaveAComment) {
  for (const bool swap : {false, true}) {
    const auto of = [&] { return Bytes(swap); };
    const std::string name = of().option(2, "eth7").text();
    const std::string own = of().option(1, "its own").u32(0).text();
    const std::string content =
        Pcapng(swap)
            .section()
            .interface(1, 0, name)
            .block(4, "names...")
            .packet(0, 1, "first", 0, own)
            .block(3, of().u32(6).raw("simple").pad().text())
            .block(2, of().u16(0).u16(0xFFFF).u32(0).u32(7).u32(3).u32(3).raw("old").pad().text())
            .packet(0, 9, "last")
            .text();
    EXPECT_EQ(annotate(content, 99, "nowhere"), content);
    const Read before = read(content);
    for (std::uint64_t packet = 1; packet <= 4; ++packet) {
      const Read after = read(annotate(content, packet, "look here"));
      EXPECT_EQ(after.frames, before.frames);
      EXPECT_EQ(after.times, before.times);
      EXPECT_EQ(after.notes.packet_comments, before.notes.packet_comments + 1) << packet;
      EXPECT_EQ(after.notes.skipped_blocks, 1u);
      EXPECT_EQ(after.notes.interfaces[0].name, "eth7");
    }
  }
}

TEST_F(Annotated, OfPcapPcapngIsMade) {
  const std::string content = testing::pcap_head(0xA1B2C3D4, 101, true) +
                              Bytes(true).u32(7).u32(5).u32(3).u32(9).raw("raw").text();
  const Read after = read(annotate(content, 1, "a comment"));
  EXPECT_THAT(after.frames, ElementsAre("raw"));
  EXPECT_THAT(after.times, ElementsAre(7'000'005'000));
  EXPECT_EQ(after.notes.format, "pcapng");
  EXPECT_EQ(after.notes.packet_comments, 1u);
  EXPECT_EQ(after.notes.interfaces[0].link, packet::LinkType::raw);
}

}  // namespace
}  // namespace wireproof::capture
