#include "base/signals.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace wireproof {
namespace {

volatile std::sig_atomic_t handled = 0;

class SignalsTest : public testing::Test {
 protected:
  SignalsTest() {
    handled = 0;
    struct sigaction count {};
    count.sa_handler = [](int) { handled = handled + 1; };
    ::sigaction(SIGUSR1, &count, &before_);
  }
  ~SignalsTest() override { ::sigaction(SIGUSR1, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

TEST_F(SignalsTest, HeldOnesActAtTheEnd) {
  {
    const HeldSignals held({SIGUSR1});
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 0);
  }
  EXPECT_EQ(handled, 1);
}

TEST_F(SignalsTest, AllCanBeHeld) {
  {
    const HeldSignals held = HeldSignals::all();
    ::raise(SIGUSR1);
    EXPECT_EQ(handled, 0);
  }
  EXPECT_EQ(handled, 1);
}

TEST_F(SignalsTest, AreReadAndWhatIsUnreadActsNoMore) {
  {
    Signals signals({SIGUSR1});
    EXPECT_EQ(signals.take(), 0);
    ::raise(SIGUSR1);
    pollfd ready{signals.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&ready, 1, 0), 1);
    EXPECT_EQ(signals.take(), SIGUSR1);
    EXPECT_EQ(signals.take(), 0);
    ::raise(SIGUSR1);
  }
  EXPECT_EQ(handled, 0);
  ::raise(SIGUSR1);  // and it is no longer held back
  EXPECT_EQ(handled, 1);
}

}  // namespace
}  // namespace wireproof
