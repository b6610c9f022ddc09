// The writers' bytes by the formats' own numbers, and read back through libpcap.
#include "capture/writer.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "base/atomic_file.h"
#include "capture/file.h"
#include "packet/build.h"

namespace wireproof::capture {
namespace {

using packet::Frame;
using packet::LinkType;
namespace build = packet::build;

class Writer : public testing::Test {
 protected:
  ~Writer() override { std::filesystem::remove_all(folder_); }
  FileContent written(const std::string& bytes) {
    write_file_atomically(folder_ / "file", bytes);
    auto content = read_file(folder_ / "file");
    EXPECT_TRUE(content) << content.error().text();
    return content ? std::move(*content) : FileContent{};
  }
  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("writer_test." + std::to_string(::getpid()));
  const build::Bytes one_ = build::tcp_frame(build::endpoint("192.0.2.1", 1),
                                             build::endpoint("192.0.2.2", 2), {.seq = 5});
  const build::Bytes two_ = build::udp_frame(build::endpoint("2001:db8::1", 1),
                                             build::endpoint("2001:db8::2", 2), build::text("abc"));
  std::vector<Frame> frames() const {
    Frame second = build::frame(two_, 2, 1'700'000'001'000'000'999);
    second.bytes = second.bytes.first(30);  // cut
    return {build::frame(one_, 1, 1'700'000'000'123'456'789), second};
  }
};

void expect_same(const std::vector<Frame>& seen, const std::vector<Frame>& wanted) {
  ASSERT_EQ(seen.size(), wanted.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].number, i + 1);
    EXPECT_EQ(seen[i].time_ns, wanted[i].time_ns);
    EXPECT_EQ(seen[i].link, wanted[i].link);
    EXPECT_EQ(seen[i].wire_length, wanted[i].wire_length);
    EXPECT_TRUE(std::equal(seen[i].bytes.begin(), seen[i].bytes.end(), wanted[i].bytes.begin(),
                           wanted[i].bytes.end()));
  }
}

TEST_F(Writer, PcapKeepsNanosecondsAndLengths) {
  const FileContent content = written(pcap_bytes(frames(), LinkType::ethernet, 1000));
  expect_same(content.frames, frames());
  EXPECT_EQ(content.snap_length, 1000u);
  EXPECT_FALSE(content.damage);
}

TEST_F(Writer, PcapngKeepsThemToo) {
  PcapngFile file;
  file.comment = "of the file";
  file.interfaces.push_back({"lo", "loopback of the case", LinkType::ethernet, 262144,
                             PcapngInterface::Counts{10, 0, 8, 2}});
  for (const Frame& frame : frames()) file.packets.push_back({frame, 0, {}});
  file.packets[0].comments = {"tcp.close.fin-ack: odd length", "second"};
  const std::string bytes = pcapng_bytes(file);
  expect_same(written(bytes).frames, frames());
  for (const char* text : {"wireproof", "of the file", "loopback of the case",
                           "tcp.close.fin-ack: odd length", "second"}) {
    EXPECT_NE(bytes.find(text), std::string::npos) << text;
  }
}

// Walks the blocks as a reader does: each is a multiple of four long and says so at both ends.
std::vector<std::uint32_t> block_types(const std::string& bytes) {
  std::vector<std::uint32_t> types;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint32_t type = 0, length = 0, again = 0;
    EXPECT_LE(at + 12, bytes.size());
    std::memcpy(&type, bytes.data() + at, 4);
    std::memcpy(&length, bytes.data() + at + 4, 4);
    EXPECT_EQ(length % 4, 0u);
    EXPECT_LE(at + length, bytes.size());
    if (length < 12 || at + length > bytes.size()) break;
    std::memcpy(&again, bytes.data() + at + length - 4, 4);
    EXPECT_EQ(length, again);
    types.push_back(type);
    at += length;
  }
  return types;
}

TEST_F(Writer, PcapngBlocksAreWhole) {
  PcapngFile file;
  file.interfaces = {{"a", "", LinkType::ethernet, 100, {}},
                     {"b", "", LinkType::raw, 100, PcapngInterface::Counts{}}};
  file.packets = {{frames()[0], 0, {"x"}}, {frames()[1], 1, {"xy", "xyz", ""}}};
  EXPECT_EQ(block_types(pcapng_bytes(file)),
            (std::vector<std::uint32_t>{0x0A0D0D0A, 1, 1, 6, 6, 5}));
}

TEST_F(Writer, EachLinkTypeComesBack) {
  for (const LinkType type :
       {LinkType::null, LinkType::ethernet, LinkType::ppp, LinkType::raw, LinkType::loop,
        LinkType::cooked_v1, LinkType::ipv4, LinkType::ipv6, LinkType::cooked_v2}) {
    const build::Bytes bytes = build::link(type, build::View(one_).subspan(14));
    const Frame frame = build::frame(bytes, 1, 5, type);
    EXPECT_EQ(written(pcap_bytes({&frame, 1}, type)).link, type);
    EXPECT_EQ(written(pcapng_bytes({"", "", {{"x", "", type, 0, {}}}, {{frame, 0, {}}}})).link,
              type);
  }
}

TEST_F(Writer, NoFramesIsAValidFile) {
  EXPECT_TRUE(written(pcap_bytes({}, LinkType::ethernet)).frames.empty());
  EXPECT_TRUE(
      written(pcapng_bytes({"", "", {{"x", "", LinkType::ethernet, 0, {}}}, {}})).frames.empty());
}

}  // namespace
}  // namespace wireproof::capture
