// Every file of testdata/: good ones load into as many cases as they say, bad ones are refused with
// exactly the errors that they name, each at its place.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scenario/case_reader.h"
#include "scenario/load.h"
#include "scenario/names.h"
#include "scenario/socket_options.h"

namespace wireproof::scenario {
namespace {

namespace fs = std::filesystem;

const fs::path testdata = fs::path(WIREPROOF_SOURCE_DIR) / "harness/scenario/testdata";

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<fs::path> files_of(const char* folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(testdata / folder)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// What stands behind "// KEY: " in the file's first lines.
std::vector<std::string> notes(const std::string& text, const std::string& key) {
  std::vector<std::string> found;
  const std::string mark = "// " + key + ": ";
  for (std::size_t at = 0; text.compare(at, 3, "// ") == 0;) {
    const std::size_t end = text.find('\n', at);
    if (text.compare(at, mark.size(), mark) == 0) {
      found.push_back(text.substr(at + mark.size(), end - at - mark.size()));
    }
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return found;
}

std::string file_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

class BadFile : public testing::TestWithParam<fs::path> {};

TEST_P(BadFile, IsRefusedWithTheErrorsItNames) {
  const std::string text = content(GetParam());
  const auto loaded = load_text(text, "f", "id");
  ASSERT_FALSE(loaded.has_value());
  std::vector<std::string> seen;
  for (const Error& error : loaded.error()) {
    seen.push_back(fmt::format("{}:{}: {} | {}", error.position.line, error.position.column,
                               error.message, error.hint));
    EXPECT_FALSE(error.hint.empty());
    EXPECT_EQ(error.position.file, "f");
  }
  EXPECT_EQ(seen, notes(text, "expect"));
}

INSTANTIATE_TEST_SUITE_P(Testdata, BadFile, testing::ValuesIn(files_of("bad")), file_name);

class GoodFile : public testing::TestWithParam<fs::path> {};

TEST_P(GoodFile, LoadsIntoAsManyCasesAsItSays) {
  const std::string text = content(GetParam());
  const auto loaded = load_text(text, "f", "id");
  ASSERT_TRUE(loaded.has_value()) << to_string(loaded.error()[0]);
  EXPECT_THAT(notes(text, "cases"), testing::ElementsAre(std::to_string(loaded->size())));
}

INSTANTIATE_TEST_SUITE_P(Testdata, GoodFile, testing::ValuesIn(files_of("good")), file_name);

TEST(Testdata, HasFiftyKindsOfBadFiles) { EXPECT_GE(files_of("bad").size(), 50u); }

// Cut anywhere, a file is refused with a place inside it, and nothing worse.
TEST(Testdata, FilesCutAtEachByteAreRefused) {
  const std::string text = content(testdata / "good/every-step-tcp.json");
  const std::size_t last = text.rfind('}');
  for (std::size_t length = 0; length <= last; ++length) {
    const auto loaded = load_text(std::string_view(text).substr(0, length), "f", "id");
    ASSERT_FALSE(loaded.has_value()) << length;
    EXPECT_GE(loaded.error()[0].position.line, 1u);
  }
}

// The examples that people copy.
TEST(Documentation, ExamplesLoad) {
  const std::string page = content(fs::path(WIREPROOF_SOURCE_DIR) / "docs/scenario-format.md");
  constexpr std::string_view fence = "```jsonc\n";
  std::size_t examples = 0;
  for (std::size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
    at += fence.size();
    const std::string example = page.substr(at, page.find("```", at) - at);
    const auto loaded = load_text(example, "example", "id");
    EXPECT_TRUE(loaded.has_value()) << to_string(loaded.error()[0]) << "\n" << example;
    ++examples;
  }
  EXPECT_GE(examples, 5u);
}

// Each key of the top that the loader knows is told of on the page and in the schema.
TEST(Documentation, NamesEachKey) {
  const std::string page = content(fs::path(WIREPROOF_SOURCE_DIR) / "docs/scenario-format.md");
  const std::string schema =
      content(fs::path(WIREPROOF_SOURCE_DIR) / "scenarios/schema/scenario.schema.json");
  for (const std::string_view key : top_keys()) {
    EXPECT_NE(page.find(key), std::string::npos) << key;
    EXPECT_NE(schema.find("\"" + std::string(key) + "\":"), std::string::npos) << key;
  }
  for (const ShippedTarget& target : shipped_targets) {
    EXPECT_NE(schema.find("\"" + std::string(target.name) + "\""), std::string::npos)
        << target.name;
  }
  for (const SocketOption& option : socket_options) {
    EXPECT_NE(schema.find("\"" + std::string(option.name) + "\""), std::string::npos)
        << option.name;
  }
  for (const auto& error : error_names) {
    EXPECT_NE(schema.find("\"" + std::string(error.name) + "\""), std::string::npos) << error.name;
  }
}

TEST(ShippedScenarios, AllLoad) {
  const auto loaded = load(fs::path(WIREPROOF_SOURCE_DIR) / "scenarios");
  std::string errors;
  if (!loaded) {
    for (const Error& error : loaded.error()) errors += to_string(error) + "\n";
  }
  EXPECT_TRUE(loaded.has_value()) << errors;
}

}  // namespace
}  // namespace wireproof::scenario
