// Golden files: what a writer makes is compared to the file kept in testdata/. A test program that
// is run with WIREPROOF_UPDATE_GOLDEN=1 writes them anew, for a person to look at.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace wireproof::report {

inline void golden(const std::string& file, const std::string& text,
                   const std::string& folder = WIREPROOF_SOURCE_DIR "/reports/testdata/") {
  const std::string path = folder + file;
  if (std::getenv("WIREPROOF_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream stream(path, std::ios::binary);
  ASSERT_TRUE(stream) << "no golden file " << path;
  const std::string wanted{std::istreambuf_iterator<char>(stream), {}};
  EXPECT_EQ(text, wanted) << "differs from " << path;
}

}  // namespace wireproof::report
