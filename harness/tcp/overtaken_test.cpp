// Segments that came in another order than they were sent in, or were cut anew: what a receiver's
// capture shows behind a path that holds packets, loses them or takes no long ones.
#include <gtest/gtest.h>

#include "tcp/trace_builder.h"

namespace wireproof::tcp {
namespace {

using namespace testing;

Trace stamped() { return Trace().use_timestamps().handshake(); }

TEST(Overtaken, ItsTimeStampMayBeEchoed) {
  Trace t = stamped().client("123").client(FIN | ACK).swap().server(ACK);
  const auto data = t.packets()[4].tcp.options.timestamps->value;
  ASSERT_EQ(t.packets()[4].payload_length, 3u);
  ASSERT_NE(data, t.packets()[3].tcp.options.timestamps->value);
  t.its_options().timestamps->echo_reply = data;
  EXPECT_FALSE(t.connection(kWhole).has(Odd::timestamp_echo));
  t.its_options().timestamps->echo_reply = data - 1000;  // nobody sent that
  EXPECT_TRUE(t.connection(kWhole).has(Odd::timestamp_echo));
}

// RFC 7323 4.3: a segment that came early is not the one whose stamp the next are measured by.
TEST(Overtaken, WhatCameEarlyMakesNothingOld) {
  Trace t = stamped().client("aaa").client("bbb").swap();
  t.client("ccc");
  t.its_options().timestamps->value = t.packets()[4].tcp.options.timestamps->value;
  t.server(ACK);
  t.its_options().timestamps->echo_reply = t.packets()[4].tcp.options.timestamps->value;
  EXPECT_FALSE(t.connection(kWhole).has(Odd::old_stamp_taken));
  EXPECT_EQ(t.connection(kWhole).end(Side::client).old_stamps, 0u);

  Trace old = stamped().client("aaa").server(ACK).client("bbb");
  old.its_options().timestamps->value -= 500;
  EXPECT_TRUE(old.server(ACK).connection(kWhole).has(Odd::old_stamp_taken));
}

// Two acknowledgements of the same bytes, the second of which takes the window back: told from one
// that was overtaken by its time stamp, and else only where nothing on the way reorders.
TEST(Overtaken, AnAcknowledgementTakesNoWindowBack) {
  const auto told = [](Trace& trace, const CaptureFacts& facts) {
    return rules_text(trace.judgement(facts)).find("window-shrunk") != std::string::npos;
  };
  const CaptureFacts unknown;
  Trace t = stamped().client("x").server(ACK).window(900).server(ACK).window(500);
  const auto first = t.packets()[4].tcp.options.timestamps->value;
  EXPECT_TRUE(told(t, unknown)) << "of a later time";
  for (const std::uint32_t stamp : {first, first - 1}) {
    t.its_options().timestamps->value = stamp;
    EXPECT_FALSE(told(t, unknown)) << stamp;
    EXPECT_TRUE(told(t, kWhole)) << stamp;
  }
  // Of more bytes: sent later, whatever the stamps.
  t = stamped().client("x").server(ACK).window(900).client("y").server(ACK).window(500);
  t.its_options().timestamps->value = first;
  EXPECT_TRUE(told(t, unknown));
}

TEST(Overtaken, TheLastByteSentAgainIsNoKeepAlive) {
  for (const bool pushed : {true, false}) {
    const std::uint16_t flags = pushed ? PSH | ACK : ACK;
    Trace t =
        Trace().handshake().client(flags, "x").server(ACK).client(flags, "x").seq(1).after(11);
    const Connection c = t.connection();
    EXPECT_EQ(c.end(Side::client).keep_alives, 0u);
    EXPECT_EQ(c.end(Side::client).retransmissions, 1u);
  }
  Trace late = Trace().handshake().client("x").server(ACK).client(ACK, "?").seq(1).after(9000);
  EXPECT_EQ(late.connection().end(Side::client).keep_alives, 1u);
}

TEST(Overtaken, AnAcknowledgementsOldTimeStampIsNoFault) {
  const auto told = [](Trace& trace, const CaptureFacts& facts) {
    return rules_text(trace.judgement(facts)).find("timestamp-backwards") != std::string::npos;
  };
  Trace t = stamped().client("x").server(ACK).server(ACK);
  t.its_options().timestamps->value -= 500;
  EXPECT_FALSE(told(t, {}));
  EXPECT_TRUE(told(t, kWhole));
  t = stamped().client("x").server(ACK).client("y").server(ACK);
  t.its_options().timestamps->value -= 500;
  EXPECT_TRUE(told(t, {})) << "it acknowledges more: it was sent later";
}

TEST(Overtaken, BytesThatComeCutDifferentlyCountOnce) {
  Trace t = Trace().handshake().client("abcdefghij").lost().client("klmno");
  t.client("abcdefghijkl").seq(1);
  EXPECT_EQ(t.connection(kWhole).end(Side::client).payload_bytes, 15u);
  Trace longer = Trace().handshake().client("abcdefghij").lost().client("klmno");
  longer.client("abcdefghijklmnopqrst").seq(1);
  EXPECT_EQ(longer.connection(kWhole).end(Side::client).payload_bytes, 20u);
}

TEST(Overtaken, AResetInTimeWaitMayEndIt) {
  Trace t = Trace().handshake().exchange().client_closes().server(RST);
  EXPECT_TRUE(t.connection(kWhole).end(Side::client).reset_in_time_wait);
  EXPECT_EQ(t.connection(kWhole).end(Side::client).state, State::time_wait);
  t.seq(t.next(Side::server) + 5);  // of another number: it must be ignored
  EXPECT_FALSE(t.connection(kWhole).end(Side::client).reset_in_time_wait);
  EXPECT_FALSE(
      Trace().handshake().client_closes().connection(kWhole).end(Side::client).reset_in_time_wait);
}

}  // namespace
}  // namespace wireproof::tcp
