#include "base/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "base/error.h"

namespace wireproof {
namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

class AtomicFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/wireproof-atomic-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_),
                                                  std::filesystem::directory_iterator()));
  }
  std::filesystem::path folder_;
};

TEST_F(AtomicFile, CreatesFoldersAndReplaces) {
  write_file_atomically(folder_ / "a/b.json", "one");
  write_file_atomically(folder_ / "a/b.json", "two");
  EXPECT_EQ(content_of(folder_ / "a/b.json"), "two");
  EXPECT_EQ(entries(), 1u);
}

// A write refused half-way (here by the file-size limit, as a full disk would) keeps the old file.
TEST_F(AtomicFile, KeepsTheOldFileAndLeavesNothingWhenAWriteIsRefused) {
  const auto file = folder_ / "report.json";
  write_file_atomically(file, "old");
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 10;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THROW(write_file_atomically(file, std::string(100, 'x')), SystemError);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content_of(file), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(AtomicFile, TryingLeavesAnOldFileAndMakesNone) {
  const auto file = folder_ / "report.json";
  try_to_write(file);
  EXPECT_EQ(entries(), 0u);
  write_file_atomically(file, "old");
  try_to_write(file);
  EXPECT_EQ(content_of(file), "old");
  EXPECT_EQ(entries(), 1u);
  try_to_write(folder_ / "new/folder/report.json");
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "new/folder"));
}

TEST_F(AtomicFile, TryingTellsWhatCannotBeWritten) {
  EXPECT_THROW(try_to_write(folder_), SystemError) << "a folder stands there";
  EXPECT_THROW(try_to_write("/proc/nowhere/report.json"), SystemError);
  write_file_atomically(folder_ / "file", "x");
  EXPECT_THROW(try_to_write(folder_ / "file/report.json"), SystemError);
}

TEST_F(AtomicFile, NamesTheFileItCouldNotWrite) {
  try {
    write_file_atomically("/proc/nowhere/report.json", "x");
    FAIL() << "no error";
  } catch (const SystemError& error) {
    EXPECT_NE(std::string(error.what()).find("/proc/nowhere"), std::string::npos);
  }
}

}  // namespace
}  // namespace wireproof
