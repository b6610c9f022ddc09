#include "reports/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "base/error.h"
#include "reports/sample.h"

namespace wireproof::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ResultsFolder : public testing::Test {
 protected:
  ResultsFolder() {
    std::string name = (fs::temp_directory_path() / "wireproof-report-XXXXXX").string();
    root = mkdtemp(name.data());
    folder = root / "results";
  }
  ~ResultsFolder() override { fs::remove_all(root); }
  static void touch(const fs::path& file, std::string_view text = "x") {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  fs::path root, folder;
};

TEST_F(ResultsFolder, WritesAndReadsAReportByFileOrFolder) {
  write_report(folder, sample::run());
  for (const fs::path& path : {folder, folder / report_file}) {
    const auto read = read_report(path);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(to_json(*read), to_json(sample::run()));
  }
}

TEST_F(ResultsFolder, ReadingSaysWhichFileIsWrongAndHow) {
  EXPECT_THAT(read_report(folder).error().message, HasSubstr("No such file"));
  touch(folder / report_file, "{");
  EXPECT_THAT(read_report(folder).error().message,
              HasSubstr("results/report.json: this is not whole"));
}

TEST_F(ResultsFolder, MissingAndEmptyFoldersAreTaken) {
  EXPECT_TRUE(prepare_folder(folder / "a/b"));
  fs::create_directories(folder / "empty");
  EXPECT_TRUE(prepare_folder(folder / "empty"));
}

TEST_F(ResultsFolder, ASecondRunRemovesTheCasesOfTheFirstAndNothingElse) {
  ASSERT_TRUE(prepare_folder(folder));
  write_report(folder, sample::run());
  write_case(folder / "tcp/close/x@ipv4", sample::passed_case());
  touch(folder / "tcp/close/x@ipv4/lo.pcapng");
  touch(folder / "mine/case.json", "{\"what\": 1}");
  touch(folder / "notes.txt");
  ASSERT_TRUE(prepare_folder(folder));
  EXPECT_FALSE(fs::exists(folder / "tcp"));
  EXPECT_FALSE(fs::exists(folder / report_file));
  EXPECT_TRUE(fs::exists(folder / "mine/case.json"));
  EXPECT_TRUE(fs::exists(folder / "notes.txt"));
}

TEST_F(ResultsFolder, AKilledRunsFolderIsStillOurs) {
  ASSERT_TRUE(prepare_folder(folder));
  write_case(folder / "x", sample::passed_case());
  ASSERT_TRUE(prepare_folder(folder));
  EXPECT_FALSE(fs::exists(folder / "x"));
}

TEST_F(ResultsFolder, AForeignFolderIsRefusedUntouched) {
  touch(folder / "precious.txt");
  write_case(folder / "x", sample::passed_case());
  touch(folder / report_file, "{\"cases\": \"of wine\"}");
  const auto prepared = prepare_folder(folder);
  ASSERT_FALSE(prepared);
  EXPECT_THAT(prepared.error().message, HasSubstr("no report of an earlier run"));
  EXPECT_THAT(prepared.error().hint, HasSubstr("--out"));
  EXPECT_TRUE(fs::exists(folder / "x/case.json"));
  EXPECT_TRUE(fs::exists(folder / "precious.txt"));

  touch(root / "file");
  EXPECT_THAT(prepare_folder(root / "file").error().message, HasSubstr("is not a folder"));
}

TEST_F(ResultsFolder, WhatCannotBeWrittenIsAnErrorThatNamesIt) {
  touch(root / "file");
  EXPECT_THROW(write_report(root / "file/results", sample::run()), SystemError);
  EXPECT_THROW((void)prepare_folder(root / "file/results"), SystemError);
  EXPECT_THROW((void)prepare_folder("/proc/wireproof"), SystemError);
}

}  // namespace
}  // namespace wireproof::report
