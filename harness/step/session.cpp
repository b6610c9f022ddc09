#include "step/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.h"
#include "run/case_stage.h"
#include "run/two_ends.h"
#include "wire/link.h"

namespace wireproof::step {
namespace {

constexpr const char* hold_name = "step";

bool changes_by_itself(const witness::TcpSocket& socket) {
  switch (socket.state) {
    case tcp::State::listen:
    case tcp::State::time_wait:
    case tcp::State::closed:
      return false;
    default:
      return true;
  }
}

lab::LabSpec spec_of(const scenario::Case& one, const run::CaseSettings& settings) {
  lab::LabSpec spec;
  spec.topology = one.topology;
  spec.identity = settings.identity;
  return spec;
}

}  // namespace

scenario::Case reference_case(scenario::Family family) {
  scenario::Case one;
  one.id = "step";
  one.title = "A connection, packet by packet";
  one.family = family;
  // Nobody may lose patience with a person who thinks about a packet.
  scenario::Program server, client;
  server.name = "tcp-server";
  server.command = {"{targets}/tcp-server", "{address}", "{port}"};
  client.name = "tcp-client";
  client.command = {"{targets}/tcp-client", "{address}", "{port}", "--timeout-ms", "86400000"};
  one.server = std::move(server);
  one.client = std::move(client);
  hold_everything(one);
  return one;
}

void hold_everything(scenario::Case& one) {
  one.topology = lab::Topology::wire;
  one.steps.clear();
  one.wire.emplace();
  wire::Rule rule;
  rule.name = hold_name;
  rule.action = wire::Hold{hold_name, {}, {}};
  rule.may_miss = true;
  one.wire->rules.push_back(std::move(rule));
}

struct Session::Impl {
  Impl(const scenario::Case& one, const run::CaseSettings& given, bool copies)
      : settings(given),
        keep_copies(copies),
        lab(spec_of(one, settings)),
        stage(one, lab, settings) {}

  bool watch_programs();
  void see_states(const std::vector<witness::TcpSocket>& sockets);
  void take_held();
  std::vector<std::string> verdict(bool whole);

  run::CaseSettings settings;
  bool keep_copies;
  lab::Lab lab;  // before any thread
  run::CaseStage stage;
  Story story;
  std::set<std::uint64_t> taken;  // serials
  std::array<bool, 2> ended{};
  std::map<unsigned, std::array<bool, 2>> had_socket;
  bool moving = false;
  bool stopped = false;
};

Session::Session(const scenario::Case& one, const run::CaseSettings& settings, bool keep_copies)
    : impl_(std::make_unique<Impl>(one, settings, keep_copies)) {}
Session::~Session() = default;

bool Session::start() {
  impl_->stage.start_captures();
  run::Programs& programs = impl_->stage.programs();
  programs.start(Side::server);
  if (!impl_->stage.await_server()) {
    for (const Finding& finding : programs.findings())
      impl_->story.say("error " + finding.observed);
    return false;
  }
  const scenario::Target at = impl_->stage.server_address();
  impl_->story.say(fmt::format("server {} listens at {} port {}",
                               impl_->stage.scenario().server->name, at.address.value_or(""),
                               at.port.value_or(0)));
  impl_->stage.start_client();
  impl_->story.say(fmt::format("client {} started", impl_->stage.scenario().client->name));
  return true;
}

bool Session::Impl::watch_programs() {
  bool news = false;
  for (const Side who : {Side::client, Side::server}) {
    bool& gone = ended[static_cast<std::size_t>(who)];
    if (gone || !stage.programs().started(who) || stage.programs().running(who)) continue;
    gone = news = true;
    story.say(fmt::format("exit {} {}", name(who), printable(stage.programs().describe(who), 400)));
  }
  return news;
}

void Session::Impl::see_states(const std::vector<witness::TcpSocket>& sockets) {
  moving = std::any_of(sockets.begin(), sockets.end(), changes_by_itself);
  for (const auto& [number, known] : story.conversations()) {
    for (const Side side : {Side::client, Side::server}) {
      const packet::Endpoint& local = side == Side::client ? known.client : known.server;
      const packet::Endpoint& remote = side == Side::client ? known.server : known.client;
      const auto at = std::find_if(sockets.begin(), sockets.end(), [&](const auto& socket) {
        return socket.local == local && socket.remote == remote;
      });
      bool& had = had_socket[number][static_cast<std::size_t>(side)];
      if (at != sockets.end()) {
        had = true;
        story.see(number, side, at->state);
      } else if (had) {
        story.see(number, side, tcp::State::closed);
      }
    }
  }
}

void Session::Impl::take_held() {
  for (const wire::HeldPacket& held : stage.link()->held()) {
    if (!taken.insert(held.serial).second) continue;
    if (story.arrive(held, keep_copies)) stage.link()->settle(held.serial, wire::Fate::drop);
  }
}

bool Session::look() {
  const std::size_t before = impl_->story.log().size();
  // The kernel first: what it says now has sent its packets already.
  const auto sockets = impl_->stage.tcp_sockets();
  impl_->story.next_look();
  impl_->take_held();
  impl_->see_states(sockets);
  impl_->watch_programs();
  return impl_->story.log().size() > before;
}

bool Session::look_within(nanoseconds span) {
  const Deadline deadline = Deadline::after(span);
  (void)impl_->stage.link()->await_held(hold_name, impl_->story.held() + 1, deadline);
  return look();
}

bool Session::settle(unsigned number, Fate fate) {
  const Row* row = impl_->story.find(number);
  if (row == nullptr || row->fate != Fate::held) return false;
  const std::uint64_t serial = row->serial;
  const wire::Fate wanted = fate == Fate::dropped   ? wire::Fate::drop
                            : fate == Fate::doubled ? wire::Fate::duplicate
                                                    : wire::Fate::pass;
  // Told first: what follows from it is looked at later.
  impl_->story.settle(serial, fate);
  return impl_->stage.link()->settle(serial, wanted);
}

bool Session::over() const { return impl_->ended[0] && impl_->story.held() == 0 && !impl_->moving; }

const Story& Session::story() const { return impl_->story; }

std::string Session::title() const {
  const scenario::Case& one = impl_->stage.scenario();
  const scenario::Target at = impl_->stage.server_address();
  return fmt::format("{} to {} at {} port {}", printable(one.client->name, 40),
                     printable(one.server->name, 40), at.address.value_or(""), at.port.value_or(0));
}

// `whole`: nothing was left on its way, so that what is missing is really missing.
std::vector<std::string> Session::Impl::verdict(bool whole) {
  std::vector<std::string> lines;
  const auto captures = stage.captures();
  tcp::CaptureFacts facts;
  facts.starts_before_traffic = true;
  facts.ends_after_traffic = whole;
  facts.checksums_valid = true;
  for (const auto& capture : captures) facts.dropped += capture.lost();
  if (captures.size() < 2) return lines;
  scenario::Case free = stage.scenario();
  free.expected = {};
  const run::EndsSeen seen =
      run::observe_ends(captures[0].frames(), captures[1].frames(), free, facts);
  const auto tell = [&](const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
      if (finding.severity != Severity::must) continue;
      lines.push_back(fmt::format("  {}{}: expected {}; observed {}", finding.rule,
                                  finding.inconclusive ? " (not proven)" : "", finding.expected,
                                  finding.observed));
    }
  };
  for (std::size_t i = 0; i < seen.client.connections.size(); ++i) {
    const tcp::Connection& connection = seen.client.connections[i].connection;
    lines.push_back(fmt::format("connection {}: opening {}, closing {}, closed first: {}",
                                connection.index, tcp::name(connection.opening),
                                tcp::name(connection.closing), tcp::name(connection.closed_first)));
    tell(seen.client.connections[i].judgement.findings);
    if (i < seen.server.connections.size()) tell(seen.server.connections[i].judgement.findings);
  }
  return lines;
}

std::vector<std::string> Session::end() {
  if (impl_->stopped) return {};
  impl_->stopped = true;
  const auto running = [&](Side who) {
    return impl_->stage.programs().started(who) && impl_->stage.programs().running(who);
  };
  look();
  const bool whole = over();
  std::vector<std::string> lines;
  if (running(Side::client)) lines.emplace_back("the client still ran, and was ended");
  impl_->stage.stop_link();
  impl_->stage.stop_captures();
  impl_->stage.programs().end_all();
  for (std::string& line : impl_->verdict(whole)) lines.push_back(std::move(line));
  return lines;
}

}  // namespace wireproof::step
