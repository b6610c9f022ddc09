#include "capture/filter.h"

#include <gtest/gtest.h>

#include "packet/build.h"

namespace wireproof::capture {
namespace {

namespace build = packet::build;
using packet::LinkType;

TEST(Filter, MatchesOnEveryLinkType) {
  auto filter = Filter::compile("tcp port 80 and host 192.0.2.1");
  ASSERT_TRUE(filter) << filter.error();
  const auto client = build::endpoint("192.0.2.1", 1000), server = build::endpoint("192.0.2.2", 80),
             other = build::endpoint("192.0.2.2", 81);
  const build::Bytes yes =
      build::ip(client.address, server.address, 6, build::tcp(client, server, {}));
  const build::Bytes no =
      build::ip(client.address, other.address, 6, build::tcp(client, other, {}));
  for (const LinkType link :
       {LinkType::ethernet, LinkType::raw, LinkType::null, LinkType::cooked_v1, LinkType::cooked_v2,
        LinkType::ipv4, LinkType::ppp}) {
    const build::Bytes in = build::link(link, yes), out = build::link(link, no);
    EXPECT_TRUE(filter->matches(build::frame(in, 1, 0, link))) << static_cast<int>(link);
    EXPECT_FALSE(filter->matches(build::frame(out, 1, 0, link))) << static_cast<int>(link);
  }
  packet::Frame cut = build::frame(build::Bytes{}, 1, 0);
  EXPECT_FALSE(filter->matches(cut));
}

TEST(Filter, AWrongExpressionIsRefusedInLibpcapsWords) {
  const auto filter = Filter::compile("tcp prot 80");
  ASSERT_FALSE(filter);
  EXPECT_FALSE(filter.error().empty());
}

}  // namespace
}  // namespace wireproof::capture
