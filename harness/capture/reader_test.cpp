#include "capture/reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/atomic_file.h"
#include "base/fd.h"
#include "capture/blocks_for_test.h"

namespace wireproof::capture {
namespace {

using testing::Bytes;
using ::testing::HasSubstr;
using testing::pcap_head;
using testing::Pcapng;

struct Seen {
  std::vector<std::string> frames;
  std::vector<packet::Frame> heads;
  FileNotes notes;
  std::string damage;
};

class ReaderOf : public ::testing::Test {
 protected:
  ~ReaderOf() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(std::string_view content) const {
    write_file_atomically(folder_ / "file", content);
    return folder_ / "file";
  }
  static void take(Seen& seen, const FrameBlock& block) {
    for (const packet::Frame& frame : block.frames) {
      seen.frames.emplace_back(frame.bytes.begin(), frame.bytes.end());
      seen.heads.push_back(frame);
    }
  }
  Seen read(std::string_view content) const {
    Seen seen;
    auto reader = Reader::open(write(content));
    if (!reader) {
      seen.damage = reader.error().text();
      return seen;
    }
    FrameBlock block;
    while (reader->read(block)) take(seen, block);
    seen.notes = reader->notes();
    if (reader->damage()) seen.damage = reader->damage()->text();
    return seen;
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("reader_test." + std::to_string(::getpid()));
};

std::string pcap_record(std::uint32_t time, std::string_view data) {
  const auto size = static_cast<std::uint32_t>(data.size());
  return Bytes().u32(time).u32(0).u32(size).u32(size).raw(data).text();
}

TEST_F(ReaderOf, SeveralInterfacesEachWithItsOwnLinkClockAndLimit) {
  for (const bool swap : {false, true}) {
    const Bytes order(swap);
    const auto option = [&](unsigned code, std::string_view value) {
      return Bytes(swap).option(code, value).text();
    };
    const std::string minute = Bytes(swap).u64(60).text();
    const Seen seen =
        read(Pcapng(swap)
                 .section(option(1, "why") + option(4, "a tool"))
                 .interface(1, 96, option(2, "eth0") + option(9, "\x09") + option(0, ""))
                 .interface(101, 0, option(9, "\x8A") + option(14, minute))  // 2^-10 s, 60 s later
                 .interface(113, 0, option(3, "any"))
                 .packet(0, 1'000'000'007, "abcd", 99)
                 .packet(1, 1024 + 512, "efg")
                 .packet(2, 2'000'003, "hi")
                 .text());
    EXPECT_EQ(seen.damage, "");
    EXPECT_THAT(seen.frames, ::testing::ElementsAre("abcd", "efg", "hi"));
    ASSERT_EQ(seen.heads.size(), 3u);
    EXPECT_EQ(seen.heads[0].time_ns, 1'000'000'007);
    EXPECT_EQ(seen.heads[0].wire_length, 99u);
    EXPECT_EQ(seen.heads[1].time_ns, 61'500'000'000);
    EXPECT_EQ(seen.heads[1].link, packet::LinkType::raw);
    EXPECT_EQ(seen.heads[2].time_ns, 2'000'003'000);
    EXPECT_EQ(seen.heads[2].link, packet::LinkType::cooked_v1);
    EXPECT_EQ(seen.heads[2].number, 3u);
    ASSERT_EQ(seen.notes.interfaces.size(), 3u);
    EXPECT_EQ(seen.notes.interfaces[0].name, "eth0");
    EXPECT_EQ(seen.notes.interfaces[0].snap_length, 96u);
    EXPECT_EQ(seen.notes.interfaces[2].description, "any");
    EXPECT_EQ(seen.notes.application, "a tool");
    EXPECT_THAT(seen.notes.comments, ::testing::ElementsAre("why"));
  }
}

TEST_F(ReaderOf, EveryBlockOfPcapng) {
  const std::string counts = Bytes()
                                 .option(4, Bytes().u64(10).text())
                                 .option(5, Bytes().u64(2).text())
                                 .option(7, Bytes().u64(3).text())
                                 .text();
  const std::string dropped = Bytes().option(1, "look").option(4, Bytes().u64(4).text()).text();
  const Seen seen =
      read(Pcapng()
               .section()
               .interface(1, 3)
               .block(4, "name resolution.")
               .block(0x0BAD, "custom..")
               .block(0x40000BAD, "custom..")
               .block(9, "journal.")
               .block(3, Bytes().u32(8).raw("sim").pad().text())  // simple: cut at 3 of 8
               .block(2, Bytes().u16(0).u16(5).u64(0).u32(2).u32(2).raw("ob").pad().text())
               .packet(0, 0, "xyz", 9, dropped)
               .block(5, Bytes().u32(0).u64(0).raw(counts).text())
               .block(0x77777777, std::string(4u << 20, 'u'))  // larger than any packet's
               .packet(0, 0, "end")
               .text());
  EXPECT_EQ(seen.damage, "");
  EXPECT_THAT(seen.frames, ::testing::ElementsAre("sim", "ob", "xyz", "end"));
  EXPECT_EQ(seen.heads[0].wire_length, 8u);
  EXPECT_EQ(seen.notes.skipped_blocks, 5u);
  EXPECT_EQ(seen.notes.packet_comments, 1u);
  const FileInterface& one = seen.notes.interfaces.at(0);
  EXPECT_EQ(one.packets, 4u);
  EXPECT_EQ(one.received, 10u);
  EXPECT_EQ(one.dropped_before_packets, 9u);
  EXPECT_EQ(one.dropped(), 9u);  // the statistics' 5 are among them
}

TEST_F(ReaderOf, ASectionBeginsAnewInAByteOrderOfItsOwn) {
  const std::string file = Pcapng(false).section().interface(1).packet(0, 0, "one").text() +
                           Pcapng(true).section().interface(101).packet(0, 0, "two").text();
  const Seen seen = read(file);
  EXPECT_EQ(seen.damage, "");
  EXPECT_THAT(seen.frames, ::testing::ElementsAre("one", "two"));
  EXPECT_EQ(seen.heads[1].link, packet::LinkType::raw);
  EXPECT_EQ(seen.notes.sections, 2u);
  const Seen other = read(Pcapng().section().interface(1).section().packet(0, 0, "x").text());
  EXPECT_THAT(other.damage, HasSubstr("interface 0, which the section does not describe"));
}

TEST_F(ReaderOf, LengthsThatLieAreDamageAndWhatCameBeforeIsGood) {
  const std::string good = Pcapng().section().interface(1).packet(0, 0, "good").text();
  const struct {
    std::string rest, words;
  } cases[] = {
      {Bytes().u32(6).u32(8).u32(0).text(), "claims to be 8 bytes long"},
      {Bytes().u32(6).u32(0xFFFFFFF0).u32(0).text(), "claims to be 4294967280 bytes long"},
      {Bytes().u32(6).u32(36).u32(0).u64(0).u32(4).u32(4).raw("data").u32(99).text(),
       "ends with the length 99"},
      {Pcapng().block(6, Bytes().u32(0).u64(0).u32(400).u32(400).raw("data").text()).text(),
       "claims 400 captured bytes where its block has 4"},
      {Pcapng().block(6, Bytes().u32(0).u64(0).u32(0xFFFFFFFF).u32(4).raw("data").text()).text(),
       "claims 4294967295 captured bytes"},
      {Pcapng().packet(7, 0, "x").text(), "interface 7"},
      {Pcapng().section({}, 2).text(), "version 2.0"},
      {Pcapng().block(6, "four").text(), "too short"},
      {Pcapng().block(1, "").text(), "too short"},
      {Bytes().u32(0x0A0D0D0A).u32(28).u32(1).text(), "without byte order"},
  };
  for (const auto& each : cases) {
    const Seen seen = read(good + each.rest);
    EXPECT_THAT(seen.frames, ::testing::ElementsAre("good")) << each.words;
    EXPECT_THAT(seen.damage, HasSubstr(each.words));
    EXPECT_THAT(seen.damage, HasSubstr("after packet 1, at byte 84"));
  }
  const Seen skipped = read(good + Bytes().u32(99).u32(100).u32(1).text());
  EXPECT_THAT(skipped.damage, HasSubstr("after packet 1, at byte 96: the file ends in the middle"));
  const std::string pcap = pcap_head(0xA1B2C3D4, 1, false) + pcap_record(1, "good");
  const Seen seen = read(pcap + Bytes().u64(0).u32(0x00100000).u32(4).text());
  EXPECT_THAT(seen.frames, ::testing::ElementsAre("good"));
  EXPECT_THAT(seen.damage, HasSubstr("after packet 1, at byte 44: packet 2 claims 1048576"));
}

TEST_F(ReaderOf, PcapngCutAtEveryByteKeepsWhatIsWhole) {
  const std::string two = Pcapng().section().interface(1).packet(0, 0, "first").text();
  const std::string whole = two + Pcapng().packet(0, 0, "second").text();
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const Seen seen = read(whole.substr(0, size));
    EXPECT_EQ(seen.frames.size(), size >= two.size() ? 1u : 0u) << size;
    const bool at_an_end = size == two.size() || size == 28 || size == 48;
    EXPECT_EQ(seen.damage.empty(), at_an_end) << size << seen.damage;
  }
}

TEST_F(ReaderOf, OldPcapVersionsAndThePatchedOne) {
  const auto record = Bytes().u64(0).u32(9).u32(4).raw("abcd").text();  // original, then captured
  EXPECT_THAT(read(pcap_head(0xA1B2C3D4, 1, false, 2) + record).frames,
              ::testing::ElementsAre("abcd"));
  EXPECT_THAT(read(pcap_head(0xA1B2C3D4, 1, false, 3) + record).frames,
              ::testing::ElementsAre("abcd"));
  const auto patched = Bytes().u64(0).u32(4).u32(9).u64(0).raw("abcd").text();
  EXPECT_THAT(read(pcap_head(0xA1B2CD34, 1, false) + patched).frames,
              ::testing::ElementsAre("abcd"));
}

TEST_F(ReaderOf, AFrameOfAnUnknownLinkIsCountedAndPassedOn) {
  const Seen seen = read(Pcapng()
                             .section()
                             .interface(105)
                             .interface(1)
                             .packet(0, 0, "wifi")
                             .packet(1, 0, "ethernet")
                             .text());
  EXPECT_EQ(seen.damage, "");
  EXPECT_EQ(seen.frames.size(), 2u);
  EXPECT_FALSE(seen.notes.interfaces[0].supported);
  EXPECT_EQ(seen.notes.interfaces[0].packets, 1u);
  EXPECT_TRUE(seen.notes.interfaces[1].supported);
}

TEST_F(ReaderOf, TimesThatNoClockHasDoNotOverflow) {
  const std::string second = Bytes().option(9, std::string(1, '\0')).text();  // whole seconds
  const std::string offset = Bytes().option(14, Bytes().u64(0x7FFFFFFFFFFFFFFF).text()).text();
  const Seen seen = read(Pcapng()
                             .section()
                             .interface(1, 0, second)
                             .interface(1, 0, offset)
                             .interface(1, 0, Bytes().option(9, "\x7F").text())
                             .interface(1, 0, Bytes().option(9, "\xFF").text())
                             .packet(0, ~0ull, "")
                             .packet(1, 5, "")
                             .packet(2, ~0ull, "")
                             .packet(3, ~0ull, "")
                             .text());
  ASSERT_EQ(seen.heads.size(), 4u);
  EXPECT_EQ(seen.heads[0].time_ns, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(seen.heads[1].time_ns, 5000);
  EXPECT_EQ(seen.heads[2].time_ns, 0);
  EXPECT_EQ(seen.heads[3].time_ns, 0);
}

TEST_F(ReaderOf, RecordsAcrossTheBlocksOfMemory) {
  std::string file = pcap_head(0xA1B2C3D4, 1, false);
  std::vector<std::string> expected;
  for (unsigned i = 0; i < 4000; ++i) {
    expected.emplace_back(i * 37 % 1500 + (i % 1000 == 7 ? 200'000u : 0u),
                          static_cast<char>('a' + i % 26));
    file += pcap_record(i, expected.back());
  }
  EXPECT_EQ(read(file).frames, expected);
}

TEST_F(ReaderOf, AFileThatGrowsIsFollowedThroughAHalfWrittenRecordUntilItIsStopped) {
  const std::string first = pcap_head(0xA1B2C3D4, 1, false) + pcap_record(1, "one");
  const std::string second = pcap_record(2, "two"), third = pcap_record(3, "three");
  const auto path = write(first);
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  auto reader = Reader::open(path, {.follow = true, .stop_fd = stop.get()});
  ASSERT_TRUE(reader);
  FrameBlock block;
  Seen seen;
  ASSERT_TRUE(reader->read(block));  // what is there is delivered, not held back
  take(seen, block);
  EXPECT_THAT(seen.frames, ::testing::ElementsAre("one"));
  std::thread writer([&] {
    std::ofstream file(path, std::ios::binary | std::ios::app);
    file << second.substr(0, 9) << std::flush;
    file << second.substr(9, 8) << std::flush;
    file << second.substr(17) << third.substr(0, 18) << std::flush;
  });
  ASSERT_TRUE(reader->read(block));
  take(seen, block);
  EXPECT_THAT(seen.frames, ::testing::ElementsAre("one", "two"));
  writer.join();
  ASSERT_EQ(::eventfd_write(stop.get(), 1), 0);
  EXPECT_FALSE(reader->read(block));
  EXPECT_TRUE(reader->stopped());
  EXPECT_FALSE(reader->damage());  // that the third is not whole is no damage then
}

TEST_F(ReaderOf, WhereNothingComesThereAreEmptyBlocksForWhoWantsThem) {
  const std::string whole = pcap_head(0xA1B2C3D4, 1, false) + pcap_record(1, "one");
  const auto path = write(whole.substr(0, whole.size() - 2));  // within a record
  const Fd stop(::eventfd(0, EFD_CLOEXEC));
  auto reader = Reader::open(path, {.follow = true, .stop_fd = stop.get(), .tell_quiet = true});
  ASSERT_TRUE(reader);
  FrameBlock block;
  ASSERT_TRUE(reader->read(block));
  EXPECT_TRUE(block.frames.empty());
  std::ofstream(path, std::ios::binary | std::ios::app) << whole.substr(whole.size() - 2);
  do {
    ASSERT_TRUE(reader->read(block));
  } while (block.frames.empty());
  EXPECT_EQ(block.frames.size(), 1u);
  ASSERT_TRUE(reader->read(block));
  EXPECT_TRUE(block.frames.empty());
  ASSERT_EQ(::eventfd_write(stop.get(), 1), 0);
  while (reader->read(block)) EXPECT_TRUE(block.frames.empty());
  EXPECT_TRUE(reader->stopped());
}

TEST_F(ReaderOf, AFollowedFileThatBecomesShorterIsSaid) {
  const auto path = write(pcap_head(0xA1B2C3D4, 1, false) + pcap_record(1, "one"));
  auto reader = Reader::open(path, {.follow = true});
  ASSERT_TRUE(reader);
  FrameBlock block;
  ASSERT_TRUE(reader->read(block));
  std::filesystem::resize_file(path, 30);
  EXPECT_FALSE(reader->read(block));
  ASSERT_TRUE(reader->damage());
  EXPECT_THAT(reader->damage()->what, HasSubstr("became shorter"));
}

}  // namespace
}  // namespace wireproof::capture
