#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "cli/folder_for_test.h"
#include "cli/program_for_test.h"

namespace wireproof::cli {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const ProgramForTest wireproof;
const std::string traces = WIREPROOF_SOURCE_DIR "/harness/tcp/testdata/";
const std::string four_way = traces + "good/exchange_four_way_v4.pcap";
const std::string wrong_ack = traces + "situations/60_data_after_fin_same_side.pcap";

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Check, AGoodCapturePasses) {
  const Outcome outcome = wireproof({"check", four_way});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("opening three-way"));
  EXPECT_THAT(outcome.out, HasSubstr("closing four-way"));
  EXPECT_THAT(outcome.out, HasSubstr("1 connection "));
}

TEST(Check, ABadOneFailsWithTheRule) {
  const Outcome outcome = wireproof({"check", wrong_ack});
  EXPECT_EQ(outcome.status, 1) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("rule"));
  EXPECT_THAT(outcome.out, HasSubstr("RFC 9293"));
  EXPECT_EQ(wireproof({"check", four_way, wrong_ack}).status, 1);
}

TEST(Check, ExpectationsGateIt) {
  EXPECT_EQ(wireproof({"check", four_way, "--expect", "opening=three-way closing=four-way"}).status,
            0);
  const Outcome missed = wireproof({"check", four_way, "--expect", "closing=reset|simultaneous"});
  EXPECT_EQ(missed.status, 1);
  EXPECT_THAT(missed.out, HasSubstr("tcp.expect."));
  EXPECT_EQ(wireproof({"check", four_way, "--expect", "closed_first=server"}).status, 1);
}

TEST(Check, JsonHasTheConnectionsAndNothingElseStandsThere) {
  const Outcome outcome = wireproof({"check", wrong_ack, "--json", "-"});
  EXPECT_EQ(outcome.status, 1);
  const Json json = Json::parse(outcome.out);
  ASSERT_EQ(json["connections"].size(), 1u);
  const Json& connection = json["connections"][0];
  for (const char* key : {"opening", "closing", "closed_first", "verdict", "verdict_opening",
                          "verdict_closing", "verdict_client", "verdict_server", "findings"}) {
    EXPECT_TRUE(connection.contains(key)) << key;
  }
  EXPECT_EQ(connection["verdict"], "failed");
  ASSERT_FALSE(connection["findings"].empty());
  for (const char* key : {"rule", "severity", "packets", "expected", "observed"}) {
    EXPECT_TRUE(connection["findings"][0].contains(key)) << key;
  }
}

TEST(Check, TheLadderOfOneConnection) {
  const Outcome outcome = wireproof({"check", four_way, "--connection", "1"});
  EXPECT_THAT(outcome.out, HasSubstr("SYN_SENT"));
  EXPECT_THAT(outcome.out, HasSubstr("TIME_WAIT"));
  const Outcome missing = wireproof({"check", four_way, "--connection", "2"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("no connection 2"));
}

TEST(Check, ACutFileIsJudgedUpToItsDamageWhichIsSaid) {
  FolderForTest folder;
  const std::string whole = content_of(four_way);
  const std::string file = folder.write("cut.pcap", whole.substr(0, whole.size() - 7));
  const Outcome outcome = wireproof({"check", file});
  EXPECT_EQ(outcome.status, 2) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("cut.pcap"));
  EXPECT_THAT(outcome.err, HasSubstr("were judged"));
  EXPECT_THAT(outcome.out, HasSubstr("opening three-way"));
  EXPECT_THAT(wireproof({"check", file, "--json", "-"}).out, HasSubstr("\"damage\""));
}

TEST(Check, NothingOfAnyCaptureBreaksTheOutput) {
  for (const auto& entry : std::filesystem::directory_iterator(traces + "situations")) {
    for (const unsigned columns : {40u, 120u}) {
      ProgramForTest terminal;
      terminal.terminal = true;
      terminal.columns = columns;
      const Outcome text = terminal({"check", entry.path().string(), "--color", "never"});
      EXPECT_TRUE(text.status == 0 || text.status == 1) << entry.path() << text.err;
    }
    const Outcome json = wireproof({"check", entry.path().string(), "--json", "-"});
    EXPECT_TRUE(Json::accept(json.out)) << entry.path();
  }
}

}  // namespace
}  // namespace wireproof::cli
