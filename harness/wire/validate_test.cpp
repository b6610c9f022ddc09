#include "wire/validate.h"

#include <cmath>

#include "wire/engine_testing.h"

namespace wireproof::wire {
namespace {

using namespace testing;
using ::testing::HasSubstr;

// The one problem of a plan with this rule, as text.
std::string problem(const Match& on, const Action& action = Drop{}) {
  const auto problems = problems_of(with_rule(on, action));
  EXPECT_LE(problems.size(), 1u);
  return problems.empty() ? "" : problems[0].field + ": " + problems[0].what;
}
std::string problem(const Conditions& conditions) {
  const auto problems = problems_of(conditions, to_client);
  EXPECT_LE(problems.size(), 1u);
  return problems.empty() ? "" : problems[0].field + ": " + problems[0].what;
}

template <typename Change>
Match match(Change change) {
  Match on;
  change(on);
  return on;
}
template <typename Change>
Conditions conditions(Change change) {
  Conditions one;
  change(one);
  return one;
}

TEST(Validate, GoodPlansHaveNoProblems) {
  EXPECT_EQ(problem(Match{}), "");
  EXPECT_EQ(problem(Match{}, Hold{"x", 1, 1s}), "");
  EXPECT_EQ(problem(Conditions{}), "");
  Plan plan = with_rule({}, Hold{"x"}, "one");
  plan.rules.push_back({"two", {}, Release{"x"}, false});
  EXPECT_TRUE(problems_of(plan).empty());
  EXPECT_TRUE(holds(plan.rules, "x"));
  EXPECT_FALSE(holds(plan.rules, "one"));
}

TEST(Validate, ARuleFollowsAnEarlierOne) {
  Plan plan = with_rule({}, Pass{}, "one");
  plan.rules.push_back({"two", {}, Drop{}, false, "one"});
  EXPECT_TRUE(problems_of(plan).empty());
  plan.rules[1].after = "on";
  EXPECT_EQ(to_string(problems_of(plan).at(0)),
            "rule 2, after: no rule before it is named \"on\"; did you mean \"one\"?");
  plan.rules[1].after = "two";
  EXPECT_EQ(problems_of(plan).size(), 1u);
  plan.rules[1].after = "one";
  plan.rules[0].after = "two";
  EXPECT_EQ(problems_of(plan).size(), 1u);
}

TEST(Validate, ImpossibleMatches) {
  EXPECT_EQ(problem(match([](Match& m) { m.flags_all_of = m.flags_none_of = syn; })),
            "on.flags: the same flag is wanted set and not set");
  EXPECT_EQ(problem(match([](Match& m) { m.nth = {0, 1}; })), "on.nth: counts from 1");
  EXPECT_EQ(problem(match([](Match& m) { m.nth = {3, 2}; })), "on.nth: is empty: 3 is over 2");
  EXPECT_THAT(problem(match([](Match& m) { m.sequence = Range{3, 2}; })), HasSubstr("is empty"));
  EXPECT_THAT(problem(match([](Match& m) { m.protocol = Protocol::udp, m.flags_all_of = syn; })),
              HasSubstr("TCP's alone"));
  EXPECT_THAT(problem(match([](Match& m) { m.protocol = Protocol::tcp, m.icmp_type = 3; })),
              HasSubstr("ICMP's alone"));
  EXPECT_THAT(problem(match([](Match& m) { m.flags_all_of = syn, m.icmp_type = 3; })),
              HasSubstr("both TCP and ICMP"));
  EXPECT_THAT(problem(match([](Match& m) { m.connection = 0; })), HasSubstr("counts from 1"));
  EXPECT_THAT(problem(match([](Match& m) { m.protocol = Protocol::icmp, m.client_port = 1; })),
              HasSubstr("TCP's and UDP's alone"));
  EXPECT_THAT(problem(match([](Match& m) {
                m.payload_length = Range{0, 2};
                m.payload_prefix = build::text("abc");
              })),
              HasSubstr("shorter than the bytes"));
}

TEST(Validate, ImpossibleActions) {
  const Match any, udp = match([](Match&m) { m.protocol = Protocol::udp; });
  EXPECT_EQ(problem(any, Hold{""}), "do.name: is empty");
  EXPECT_THAT(problem(any, Hold{"x", 0, {}}), HasSubstr("at least 1"));
  EXPECT_THAT(problem(any, Hold{"x", {}, -1ns}), HasSubstr("negative"));
  EXPECT_EQ(problem(any, Release{"fin"}), "do.name: no rule holds anything as \"fin\"");
  EXPECT_THAT(problem(any, Duplicate{0, 0ns}), HasSubstr("between 1 and 1000"));
  EXPECT_THAT(problem(any, Delay{-1ns}), HasSubstr("negative"));
  EXPECT_THAT(problem(any, ReorderBehind{0, {}}), HasSubstr("at least 1"));
  EXPECT_THAT(problem(any, Corrupt{Corrupt::Part::payload, 0, 0, false}),
              HasSubstr("changes nothing"));
  EXPECT_THAT(problem(any, Corrupt{Corrupt::Part::checksum, 0, 1, true}), HasSubstr("undo"));
  EXPECT_THAT(problem(udp, Corrupt{Corrupt::Part::window, 0, 1, false}), HasSubstr("TCP"));
  EXPECT_EQ(problem(any, SetFields{}), "do: sets nothing");
  SetFields fields;
  fields.ecn = 4;
  EXPECT_THAT(problem(any, fields), HasSubstr("two bits"));
  fields = {};
  fields.window_scale = 15;
  EXPECT_THAT(problem(any, fields), HasSubstr("at most 14"));
  fields = {};
  fields.window = 1;
  EXPECT_THAT(problem(udp, fields), HasSubstr("TCP"));
  fields.set_flags = fields.clear_flags = fin;
  EXPECT_THAT(problem(any, fields), HasSubstr("set and cleared"));
  fields = {};
  fields.strip_options = {1};
  EXPECT_THAT(problem(any, fields), HasSubstr("padding"));
  EXPECT_THAT(problem(any, Split{0}), HasSubstr("at least 1"));
  EXPECT_THAT(problem(udp, Split{1}), HasSubstr("TCP"));
  EXPECT_THAT(problem(udp, AnswerRst{}), HasSubstr("TCP"));
  EXPECT_THAT(problem(udp, JoinNext{}), HasSubstr("TCP"));
  EXPECT_THAT(problem(match([](Match& m) { m.protocol = Protocol::arp; }), AnswerIcmp{}),
              HasSubstr("ARP"));
}

TEST(Validate, ANearNameIsSuggestedAndNamesAreUnique) {
  Plan plan = with_rule({}, Hold{"first-fin"}, "one");
  plan.rules.push_back({"one", {}, Release{"frst-fin"}, false});
  const auto problems = problems_of(plan);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(to_string(problems[0]), "rule 2, name: \"one\" is taken by an earlier rule");
  EXPECT_EQ(to_string(problems[1]),
            "rule 2, do.name: no rule holds anything as \"frst-fin\"; did you mean \"first-fin\"?");
}

TEST(Validate, ImpossibleConditions) {
  EXPECT_EQ(problem(conditions([](Conditions& c) { c.delay = -1ns; })), "delay: is negative");
  EXPECT_EQ(problem(conditions([](Conditions& c) { c.loss = IndependentLoss{1.5}; })),
            "loss.probability: must be between 0 and 1, is 1.5");
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.loss = IndependentLoss{std::nan("")}; })),
              HasSubstr("between 0 and 1"));
  EXPECT_THAT(problem(conditions([](Conditions& c) {
                c.loss = GilbertElliott{0, -1, 0, 1};
              })),
              HasSubstr("loss.to_good"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.duplication.probability = 2; })),
              HasSubstr("duplication"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.duplication.copies = 0; })),
              HasSubstr("at least 1"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.reordering.probability = 2; })),
              HasSubstr("reordering"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.reordering.behind = 0; })),
              HasSubstr("at least 1"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.corruption.probability = -1; })),
              HasSubstr("corruption"));
  EXPECT_THAT(problem(conditions([](Conditions& c) { c.rate = RateLimit{}; })),
              HasSubstr("at least 1"));
  EXPECT_THAT(problem(conditions([](Conditions& c) {
                c.mtu = Mtu{67, false};
              })),
              HasSubstr("at least 68"));
  EXPECT_THAT(problem(conditions([](Conditions& c) {
                c.jitter = {Jitter::Kind::pareto, 1ms, 1, false};
              })),
              HasSubstr("over 1"));
}

}  // namespace
}  // namespace wireproof::wire
