#ifndef WIREPROOF_TARGETS_TEST_EACH_ENGINE_H_
#define WIREPROOF_TARGETS_TEST_EACH_ENGINE_H_

#include <gtest/gtest.h>

#include <string>

#include "test/program.h"

namespace targets::test {

// Tests that hold with each engine of a server.
class EachEngine : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!engine_works(GetParam())) GTEST_SKIP() << GetParam() << " is refused here";
  }
  static Arguments with_engine(Arguments options) {
    options.insert(options.end(), {"--engine", GetParam()});
    return options;
  }
};
inline const auto engines = testing::Values("epoll", "io_uring");
inline const auto engine_name = [](const auto& value) { return std::string(value.param); };

}  // namespace targets::test

#endif  // WIREPROOF_TARGETS_TEST_EACH_ENGINE_H_
