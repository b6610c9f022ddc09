#include "base/error.h"

#include <gtest/gtest.h>

namespace wireproof {
namespace {

TEST(SystemError, SaysWhatOnWhatWhyAndWhatToDo) {
  const SystemError error("open", "/nowhere", ENOENT, "create it first");
  EXPECT_STREQ(error.what(), "cannot open /nowhere: No such file or directory (create it first)");
  EXPECT_EQ(error.error_number(), ENOENT);
  EXPECT_EQ(error.hint(), "create it first");
}

TEST(Checked, RetriesInterruptedCallsAndKeepsEagainApart) {
  int calls = 0;
  EXPECT_EQ(checked("read", "pipe",
                    [&] {
                      errno = EINTR;
                      return ++calls < 3 ? -1 : 7;
                    }),
            7);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(checked("read", "pipe", [] { return errno = EAGAIN, -1; }), -1);
  EXPECT_THROW(checked("read", "pipe", [] { return errno = EIO, -1; }), SystemError);
}

}  // namespace
}  // namespace wireproof
