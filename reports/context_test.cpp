#include "reports/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "reports/time_text.h"

namespace wireproof::report {
namespace {

TEST(Context, SaysWhatTheMachineIs) {
  const std::array<const char*, 3> words = {"wireproof", "run", "my dir"};
  const Context context = read_context(3, words.data());
  EXPECT_EQ(context.command_line, "wireproof run 'my dir'");
  EXPECT_EQ(context.version, program_version());
  EXPECT_TRUE(utc_from_text(context.started_at));
  EXPECT_GE(context.cpus, 1u);
  EXPECT_GT(context.memory_bytes, 1u << 20);
  for (const std::string* text : {&context.host_name, &context.kernel, &context.os,
                                  &context.cpu_model, &context.clock_source, &context.user}) {
    EXPECT_FALSE(text->empty());
  }
  EXPECT_TRUE(context.libraries.contains("fmt"));
}

TEST(ShellQuoted, ComesBackFromAShellAsItWas) {
  const std::vector<std::string> words = {
      "printf", "%s\\n", "plain", "two words", "it's", "", "$HOME `id` \"x\" *"};
  FILE* shell = ::popen(shell_quoted(words).c_str(), "r");
  ASSERT_NE(shell, nullptr);
  std::string output(1000, '\0');
  output.resize(std::fread(output.data(), 1, output.size(), shell));
  ::pclose(shell);
  EXPECT_EQ(output, "plain\ntwo words\nit's\n\n$HOME `id` \"x\" *\n");
}

TEST(FirstLine, IsEmptyWhereNothingCanBeRead) {
  EXPECT_EQ(first_line("/nowhere"), "");
  EXPECT_FALSE(first_line("/proc/version").empty());
}

}  // namespace
}  // namespace wireproof::report
