#include "capture/file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/atomic_file.h"
#include "capture/writer.h"
#include "packet/build.h"
#include "packet/decode.h"

namespace wireproof::capture {
namespace {

namespace build = packet::build;

class File : public testing::Test {
 protected:
  ~File() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path path(std::string_view content) {
    write_file_atomically(folder_ / "file", content);
    return folder_ / "file";
  }
  std::string three_frames() const {
    const build::Bytes bytes = build::tcp_frame(build::endpoint("192.0.2.1", 1),
                                                build::endpoint("192.0.2.2", 2), {.seq = 5});
    const packet::Frame frame = build::frame(bytes, 1, 7);
    return pcap_bytes(std::vector(3, frame), packet::LinkType::ethernet);
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("file_test." + std::to_string(::getpid()));
};

// The head of a classic pcap file as other writers make it.
std::string head(std::uint32_t magic, std::uint32_t link, bool swap) {
  std::string out;
  const auto put = [&](std::uint32_t value, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t shift = swap ? size - 1 - i : i;
      out.push_back(static_cast<char>(value >> (8 * shift)));
    }
  };
  put(magic, 4), put(2, 2), put(4, 2), put(0, 4), put(0, 4), put(65535, 4), put(link, 4);
  put(1, 4), put(5, 4), put(4, 4), put(9, 4);  // second 1, fraction 5, 4 of 9 bytes
  return out + "abcd";
}

TEST_F(File, BothByteOrdersAndResolutions) {
  for (const bool swap : {false, true}) {
    for (const std::uint32_t magic : {0xA1B2C3D4u, 0xA1B23C4Du}) {
      const auto content = read_file(path(head(magic, 1, swap)));
      ASSERT_TRUE(content) << content.error().text();
      ASSERT_EQ(content->frames.size(), 1u);
      const packet::Frame& frame = content->frames[0];
      EXPECT_EQ(frame.time_ns, 1'000'000'000 + (magic == 0xA1B2C3D4u ? 5000 : 5));
      EXPECT_EQ(frame.wire_length, 9u);
      EXPECT_EQ(std::string(frame.bytes.begin(), frame.bytes.end()), "abcd");
    }
  }
}

TEST_F(File, RawIpUnderItsOtherNumbers) {
  for (const std::uint32_t number : {12u, 14u, 101u}) {
    const auto content = read_file(path(head(0xA1B2C3D4, number, false)));
    ASSERT_TRUE(content) << content.error().text();
    EXPECT_EQ(content->link, packet::LinkType::raw);
  }
}

TEST_F(File, WhatIsNoCaptureIsSaidWithTheNameAndARemedy) {
  const auto absent = read_file(folder_ / "absent.pcap");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().what, "No such file or directory");
  EXPECT_NE(absent.error().text().find("absent.pcap"), std::string::npos);
  const auto text = read_file(path("this is a text file and no capture at all"));
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().hint.find("pcapng"), std::string::npos) << text.error().text();
  const auto bluetooth = read_file(path(head(0xA1B2C3D4, 201, false)));
  ASSERT_FALSE(bluetooth);
  EXPECT_NE(bluetooth.error().what.find("BLUETOOTH"), std::string::npos)
      << bluetooth.error().text();
  EXPECT_FALSE(read_file(path("")));
  EXPECT_FALSE(read_file(folder_));
}

TEST_F(File, CutAtEveryByteKeepsWhatIsWholeAndSaysWhereItEnds) {
  const std::string whole = three_frames();
  const std::size_t record = (whole.size() - 24) / 3;
  for (std::size_t size = 24; size < whole.size(); ++size) {
    const auto content = read_file(path(whole.substr(0, size)));
    ASSERT_TRUE(content) << content.error().text();
    const std::size_t complete = (size - 24) / record;
    EXPECT_EQ(content->frames.size(), complete);
    const bool at_an_end = (size - 24) % record == 0;
    EXPECT_EQ(content->damage.has_value(), !at_an_end) << size;
    if (content->damage) {
      EXPECT_NE(content->damage->what.find("after packet " + std::to_string(complete)),
                std::string::npos);
    }
  }
  for (std::size_t size = 0; size < 24; ++size)
    EXPECT_FALSE(read_file(path(whole.substr(0, size))));
}

TEST_F(File, AReaderEndsAndStaysEnded) {
  auto reader = FileReader::open(path(three_frames()));
  ASSERT_TRUE(reader);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    const auto frame = reader->next();
    ASSERT_TRUE(frame && *frame);
    EXPECT_EQ((*frame)->number, number);
    EXPECT_EQ(packet::decode(**frame).tcp.seq, 5u);
  }
  for (int i = 0; i < 2; ++i) {
    const auto frame = reader->next();
    ASSERT_TRUE(frame);
    EXPECT_FALSE(*frame);
  }
}

}  // namespace
}  // namespace wireproof::capture
