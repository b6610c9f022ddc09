#include "process/program_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/error.h"
#include "process/testing.h"

namespace wireproof::process {
namespace {

using ::testing::HasSubstr;

class ProgramPathTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text, mode_t mode) {
    const auto path = folder_.path() / name;
    std::ofstream(path) << text;
    ::chmod(path.c_str(), mode);
    return path;
  }
  std::string refusal(const std::string& program, const std::string& search_path = "/nowhere") {
    try {
      (void)find_program(program, search_path, folder_.path());
      return "found";
    } catch (const SystemError& error) {
      return error.what();
    }
  }
  testing::TemporaryFolder folder_;
};

TEST_F(ProgramPathTest, FindsInPathAndByPath) {
  const auto script = write("script", "#!/bin/sh\n", 0755);
  const std::string search_path = "/nowhere:" + folder_.path().string();
  EXPECT_EQ(find_program("script", search_path, "/").path, script);
  EXPECT_TRUE(find_program("script", search_path, "/").is_script);
  EXPECT_EQ(find_program("./script", "", folder_.path()).path, folder_.path() / "./script");
  EXPECT_EQ(find_program(script.string(), "", "/").path, script);
  EXPECT_FALSE(find_program("/bin/sh", "", "/").is_script);
}

TEST_F(ProgramPathTest, AnEmptyEntryIsTheFolder) {
  const auto script = write("script", "#!/bin/sh\n", 0755);
  EXPECT_TRUE(std::filesystem::equivalent(find_program("script", "/nowhere:", folder_.path()).path,
                                          script));
}

TEST_F(ProgramPathTest, SaysWhatIsWrong) {
  write("plain", "text", 0644);
  EXPECT_THAT(refusal("missing"), HasSubstr("not found in PATH: install it or give its path"));
  EXPECT_THAT(refusal("./missing"), HasSubstr("no such file"));
  EXPECT_THAT(refusal("./plain"), HasSubstr("not an executable file"));
  EXPECT_THAT(refusal("plain", folder_.path()), HasSubstr("not an executable file"));
  EXPECT_THAT(refusal("."), HasSubstr("not found in PATH"));
  EXPECT_THAT(refusal("./"), HasSubstr("not an executable file"));
  EXPECT_THAT(refusal(""), HasSubstr("without a name"));
  EXPECT_THAT(refusal("./plain/below"), HasSubstr("Not a directory"));
}

TEST_F(ProgramPathTest, AnExecutableOneFurtherOnWins) {
  write("tool", "text", 0644);
  std::filesystem::create_directory(folder_.path() / "bin");
  const auto good = write("bin/tool", "#!/bin/sh\n", 0755);
  EXPECT_EQ(
      find_program("tool", folder_.path().string() + ":" + (folder_.path() / "bin").string(), "/")
          .path,
      good);
}

// A folder like /root/bin, found first as root but closed to the user that targets run as.
TEST_F(ProgramPathTest, WhatTheUserMayNotReachIsPassedOver) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::filesystem::create_directory(folder_.path() / "closed");
  std::filesystem::create_directory(folder_.path() / "open");
  const auto closed = write("closed/tool", "#!/bin/sh\n", 0755);
  const auto open = write("open/tool", "#!/bin/sh\n", 0755);
  ::chmod(folder_.path().c_str(), 0755);
  ::chmod(closed.parent_path().c_str(), 0700);
  ::chmod(open.parent_path().c_str(), 0755);
  const std::string search_path = closed.parent_path().string() + ":" + open.parent_path().string();
  constexpr FileUser nobody{65534, 65534};
  EXPECT_EQ(find_program("tool", search_path, "/").path, closed);
  EXPECT_EQ(find_program("tool", search_path, "/", nobody).path, open);
  EXPECT_EQ(find_program("tool", search_path, "/").path, closed) << "we are ourselves again";
  EXPECT_THROW((void)find_program("tool", closed.parent_path().string(), "/", nobody), SystemError);
}

}  // namespace
}  // namespace wireproof::process
