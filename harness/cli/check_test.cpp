#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

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

TEST(Check, AFolderIsEveryCaptureInItAndNothingElse) {
  FolderForTest folder;
  const std::string content = content_of(four_way);
  folder.write("b.pcap", content);
  folder.write("a.pcap", content);
  folder.write("readme.txt", "no capture");
  const std::string path = std::filesystem::path(folder.write("c.pcap", content)).parent_path();
  const Outcome outcome = wireproof({"check", path, "--csv", "-"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::size_t a = outcome.out.find("a.pcap,1,"), b = outcome.out.find("b.pcap,1,");
  EXPECT_LT(a, b);
  EXPECT_NE(b, std::string::npos);
  EXPECT_THAT(outcome.out, Not(HasSubstr("readme")));
}

TEST(Check, WhereSelectsWhatIsTold) {
  EXPECT_THAT(wireproof({"check", four_way, "--csv", "-", "--where", "closing=four-way"}).out,
              HasSubstr("four-way,"));
  EXPECT_THAT(wireproof({"check", four_way, "--csv", "-", "--where", "closing=reset"}).out,
              Not(HasSubstr("four-way,")));
  EXPECT_EQ(wireproof({"check", four_way, "--connection", "1", "--where", "closing=reset"}).status,
            2);
}

TEST(Check, AFilterLeavesPacketsOut) {
  EXPECT_THAT(wireproof({"check", four_way, "--filter", "udp"}).out, HasSubstr("0 connections"));
  EXPECT_THAT(wireproof({"check", four_way, "--filter", "tcp"}).out, HasSubstr("1 connection "));
  const Outcome wrong = wireproof({"check", four_way, "--filter", "prot 80"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--filter"));
}

TEST(Check, LinesOfJsonAndOfCsv) {
  const Outcome lines = wireproof({"check", four_way, wrong_ack, "--jsonl", "-"});
  std::istringstream stream(lines.out);
  std::string line;
  int count = 0;
  while (std::getline(stream, line)) {
    const Json json = Json::parse(line);
    EXPECT_EQ(json["verdict"], count == 0 ? "passed" : "failed");
    ++count;
  }
  EXPECT_EQ(count, 2);
  const Outcome csv = wireproof({"check", wrong_ack, "--csv", "-"});
  EXPECT_THAT(csv.out, HasSubstr("file,index,started_at"));
  EXPECT_THAT(csv.out, HasSubstr(",failed,"));
}

TEST(Check, AnnotatedAndSplitCapturesAreJudgedTheSame) {
  FolderForTest folder;
  const std::string out = folder.write("out.pcapng", "");
  const std::string parts = out + ".parts";
  const Outcome first =
      wireproof({"check", wrong_ack, "--annotate", out, "--split", parts, "--json", "-"});
  EXPECT_EQ(first.status, 1) << first.err;
  EXPECT_THAT(content_of(out), HasSubstr("tcp.close"));
  const auto findings = [](const std::string& text) {
    return Json::parse(text)["connections"][0]["findings"];
  };
  EXPECT_EQ(findings(wireproof({"check", out, "--json", "-"}).out), findings(first.out));
  EXPECT_EQ(findings(wireproof({"check", parts + "/connection-1.pcapng", "--json", "-"}).out),
            findings(first.out));
  EXPECT_EQ(wireproof({"check", four_way, "--split", parts + "2"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(parts + "2"));
}

TEST(Check, TheNumberOfThreadsChangesNothing) {
  std::vector<std::string> outputs;
  for (const char* threads : {"1", "2", "5"}) {
    outputs.push_back(
        wireproof({"check", traces + "situations", "--json", "-", "--threads", threads}).out);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
  EXPECT_EQ(outputs[0], outputs[2]);
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
