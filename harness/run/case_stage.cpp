#include "run/case_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/text.h"
#include "capture/writer.h"
#include "packet/decode.h"

namespace wireproof::run {
namespace {

constexpr std::chrono::seconds capture_limit{5};

}  // namespace

std::uint64_t CaptureView::lost() const {
  const auto numbers = stats();
  // Without its end marker nobody knows what was still on its way.
  return numbers.dropped() + (numbers.drained ? 0 : 1);
}

CaseStage::CaseStage(const scenario::Case& one, const lab::Lab& lab, const CaseSettings& settings)
    : case_(one), lab_(lab), settings_(settings), address_(address_of_case()) {
  const Placeholders values = placeholders(settings);
  fill_steps(case_.steps, values);
  programs_ = std::make_unique<Programs>(case_, lab_, values);
}

CaseStage::~CaseStage() = default;

scenario::Target CaseStage::address_of_case() const {
  if (case_.load_target.port || case_.load_target.path) return case_.load_target;
  scenario::Target target;
  switch (case_.family) {
    case scenario::Family::ipv4:
    case scenario::Family::ipv6: {
      const bool v4 = case_.family == scenario::Family::ipv4;
      const lab::Host& server = lab_.host(Side::server);
      target.address = to_string(v4 ? server.ipv4 : server.ipv6);
      target.port = lab_.free_port(v4 ? packet::Family::ipv4 : packet::Family::ipv6,
                                   case_.transport == scenario::Transport::udp);
      break;
    }
    case scenario::Family::unix_path:
      target.path = lab_.scratch() / "server.sock";
      if (case_.path_length > target.path->size()) {
        *target.path += std::string(case_.path_length - target.path->size(), 'x');
      }
      break;
    case scenario::Family::unix_abstract:
      // Abstract names belong to the network namespace; in a shared one the process id keeps two
      // cases apart.
      target.path = "@wireproof";
      if (lab_.identity().isolation == lab::Isolation::none) {
        *target.path += "-" + std::to_string(::getpid());
      }
      if (case_.path_length > target.path->size()) {
        *target.path += std::string(case_.path_length - target.path->size(), 'x');
      }
      break;
  }
  return target;
}

Placeholders CaseStage::placeholders(const CaseSettings& settings) const {
  Placeholders values;
  values["address"] = address_.address.value_or("");
  values["port"] = address_.port ? std::to_string(*address_.port) : "";
  values["path"] = address_.path.value_or("");
  values["family"] = scenario::name(case_.family);
  values["scratch"] = lab_.scratch().string();
  values["targets"] = settings.targets_folder.string();
  return values;
}

void CaseStage::start_captures() {
  if (scenario::is_unix(case_.transport)) {
    watched_.push_back({Side::server, nullptr, nullptr, nullptr});
    watched_.back().table =
        std::make_unique<witness::SocketTable>(lab_.host(Side::server).netns.get());
    return;
  }
  // Its interfaces are in this thread's namespace (lab/lab.h), the captured ones at the outer ends.
  if (case_.topology == lab::Topology::wire) {
    link_ = wire::Link::start(case_.wire.value_or(wire::Plan{}));
  }
  std::vector<Side> sides{Side::client};
  if (!lab_.one_host()) sides.push_back(Side::server);
  for (const Side side : sides) {
    const lab::Host& host = lab_.host(side);
    capture::LiveOptions options;
    options.interface = host.interface;
    options.ring_bytes = case_.ring_bytes;
    // The host's own loopback has an MTU of 64 KiB, and a slot of the ring must hold as much.
    if (lab_.identity().isolation == lab::Isolation::none) options.ring_bytes *= 16;
    options.ignore_outgoing = host.interface == "lo";
    Watched one{side, nullptr, nullptr, nullptr};
    one.table = std::make_unique<witness::SocketTable>(host.netns.get());
    if (case_.load) {  // has a capture of its own (load_case.h)
      watched_.push_back(std::move(one));
      continue;
    }
    one.destroyed = std::make_unique<witness::DestroyedSockets>(host.netns.get());
    one.capture =
        capture::LiveCapture::start(host.netns.get(), options, Deadline::after(capture_limit));
    if (lab_.identity().isolation == lab::Isolation::none) {
      for (const auto& socket : one.table->tcp()) before_.insert({socket.local, socket.remote});
    }
    watched_.push_back(std::move(one));
  }
}

void CaseStage::stop_link() {
  if (link_) link_->stop(Deadline::after(capture_limit));
}

void CaseStage::stop_captures() {
  for (auto& one : watched_) {
    if (one.capture) one.capture->stop(Deadline::after(capture_limit));
  }
}

std::vector<CaptureView> CaseStage::captures() const {
  std::vector<CaptureView> views;
  for (const auto& one : watched_) {
    if (one.capture) views.emplace_back(one.side, *one.capture);
  }
  return views;
}

std::vector<report::CaptureReport> CaseStage::write_captures(
    const std::vector<Finding>& findings,
    const std::vector<report::ConnectionReport>& connections) const {
  // The judged capture (the first) carries each finding as a comment that Wireshark shows.
  std::map<std::uint64_t, std::string> comments;
  const auto annotate = [&](const std::vector<Finding>& some) {
    for (const Finding& finding : some) {
      for (const std::uint64_t packet : finding.packets) {
        std::string& text = comments[packet];
        text += fmt::format("{}{}: expected {}; observed {}", text.empty() ? "" : "\n",
                            finding.rule, finding.expected, finding.observed);
      }
    }
  };
  annotate(findings);
  for (const auto& one : connections) annotate(one.judgement.findings);

  std::vector<report::CaptureReport> reports;
  for (const CaptureView& view : captures()) {
    const lab::Host& host = lab_.host(view.side());
    const auto numbers = view.stats();
    report::CaptureReport report;
    report.host = lab_.one_host() ? "both" : name(view.side());
    report.interface = host.interface;
    report.judged = reports.empty();
    report.file = settings_.folder + "/" + (lab_.one_host() ? "lo" : report.host) + ".pcapng";
    if (!view.frames().empty()) {
      report.link_type = static_cast<std::uint16_t>(view.frames().front().link);
    }
    report.packets = view.frames().size();
    report.received = numbers.received;
    report.dropped_by_kernel = numbers.dropped_by_kernel;
    report.dropped_by_interface = numbers.dropped_by_interface;
    report.dropped_by_limit = numbers.dropped_by_memory_limit;
    report.checksums_valid = !lab_.one_host();
    capture::PcapngFile file;
    file.comment = case_.id;
    capture::PcapngInterface interface;
    interface.name = host.interface;
    interface.description = lab_.one_host() ? "loopback" : report.host + "'s end";
    interface.link = view.link();
    interface.counts = {numbers.received, numbers.dropped_by_interface, numbers.dropped_by_kernel,
                        numbers.delivered};
    file.interfaces.push_back(std::move(interface));
    for (const packet::Frame& frame : view.frames()) {
      file.packets.push_back({frame, 0, {}});
      const auto comment = comments.find(frame.number);
      if (report.judged && comment != comments.end()) {
        file.packets.back().comments.push_back(comment->second);
      }
    }
    write_file_atomically(settings_.results_folder / report.file, capture::pcapng_bytes(file));
    reports.push_back(std::move(report));
  }
  return reports;
}

process::Readiness CaseStage::readiness() const {
  if (scenario::is_unix(case_.transport)) {
    const auto type =
        case_.transport == scenario::Transport::unix_stream     ? witness::UnixType::stream
        : case_.transport == scenario::Transport::unix_datagram ? witness::UnixType::datagram
                                                                : witness::UnixType::seqpacket;
    return process::UnixBound{*address_.path, type};
  }
  const packet::Endpoint endpoint{*packet::parse_address(*address_.address), *address_.port};
  if (case_.transport == scenario::Transport::udp) return process::UdpBound{endpoint};
  return process::TcpListener{endpoint};
}

bool CaseStage::await_server() {
  return programs_->await_ready(table(Side::server), readiness(),
                                Deadline::after(case_.server->ready_within));
}

bool CaseStage::launches_client_by_step() const {
  return std::any_of(case_.steps.begin(), case_.steps.end(), [](const scenario::Step& step) {
    const auto* launch = std::get_if<scenario::step::Launch>(&step.action);
    return launch != nullptr && launch->who == Side::client;
  });
}

void CaseStage::start_client() {
  if (programs_->has(Side::client) && !programs_->started(Side::client)) {
    programs_->start(Side::client);
  }
}

std::vector<witness::TcpSocket> CaseStage::tcp_sockets() {
  std::vector<witness::TcpSocket> all;
  for (auto& one : watched_) {
    for (auto& socket : one.table->tcp(true)) {
      // In a namespace shared with others only the case's own port counts.
      const bool ours = lab_.identity().isolation != lab::Isolation::none ||
                        socket.local.port == address_.port || socket.remote.port == address_.port;
      if (ours && !before_.contains({socket.local, socket.remote})) {
        all.push_back(std::move(socket));
      }
    }
  }
  return all;
}

std::vector<witness::TcpSocket> CaseStage::destroyed() {
  std::vector<witness::TcpSocket> all;
  for (auto& one : watched_) {
    if (!one.destroyed) continue;
    for (auto& socket : one.destroyed->drain()) all.push_back(std::move(socket));
  }
  return all;
}

std::uint64_t CaseStage::destroyed_overruns() const {
  std::uint64_t sum = 0;
  for (const auto& one : watched_) {
    if (one.destroyed) sum += one.destroyed->overruns();
  }
  return sum;
}

const lab::Host& CaseStage::host(Side side) { return lab_.host(side); }
bool CaseStage::one_host() { return lab_.one_host(); }
scenario::Target CaseStage::server_address() { return address_; }

witness::SocketTable& CaseStage::table(Side side) {
  const bool second = side == Side::server && watched_.size() > 1;
  return *watched_[second ? 1 : 0].table;
}

void CaseStage::launch(Side who, Deadline deadline) {
  programs_->start(who);
  if (who == Side::server) {
    programs_->await_ready(table(Side::server), readiness(),
                           earlier(deadline, Deadline::after(case_.server->ready_within)));
  }
}

bool CaseStage::running(Side who) { return programs_->running(who); }
std::string CaseStage::describe(Side who) { return programs_->describe(who); }
bool CaseStage::await_exit(Side who, Deadline deadline) {
  return programs_->await_exit(who, deadline);
}
void CaseStage::signal(Side who, int number) { programs_->signal(who, number); }

bool CaseStage::await_packets(const scenario::step::AwaitPackets& wanted, Deadline deadline,
                              std::string& seen) {
  // At its sender's end: on a wire it may never come to the other.
  const Watched& watched = wanted.from == Side::server ? watched_.back() : watched_.front();
  if (!watched.capture) return false;
  std::size_t matching = 0, segments = 0;
  std::string last = "none";
  const bool found = watched.capture->wait_for(
      [&](const packet::Frame& frame) {
        const packet::Packet packet = packet::decode(frame, false);
        if (packet.protocol != packet::Protocol::tcp) return false;
        const bool by_server = packet.source.port == address_.port;
        if (by_server != (wanted.from == Side::server)) return false;
        ++segments;
        last = packet::flags_text(packet.tcp.flags);
        if (!packet.tcp.has(wanted.flags_all) || (packet.tcp.flags & wanted.flags_none) != 0) {
          return false;
        }
        return ++matching >= wanted.count;
      },
      deadline);
  seen = fmt::format("{} matching among {} segments of the {} (the last: {})", matching, segments,
                     name(wanted.from), last);
  return found;
}

bool CaseStage::await_held(const std::string& name, std::size_t count, Deadline deadline,
                           std::string& seen) {
  const bool found = link_->await_held(name, count, deadline);
  std::size_t held = 0;
  std::string packets;
  for (const wire::HeldPacket& packet : link_->held()) {
    if (packet.name == name) ++held;
    packets += fmt::format("; as {}: {}", quoted(packet.name), to_string(packet.packet));
  }
  seen = fmt::format("{} held{}", held, packets);
  return found;
}

bool CaseStage::await_match(const std::string& rule, std::size_t count, Deadline deadline,
                            std::string& seen) {
  const bool found = link_->await_match(rule, count, deadline);
  const wire::Stats stats = link_->stats();
  seen = fmt::format("{} matched, of {} packets from the client and {} from the server",
                     link_->matched(rule), stats.client_to_server.received,
                     stats.server_to_client.received);
  return found;
}

std::size_t CaseStage::release(const std::string& name) { return link_->release(name); }

void CaseStage::set_link(bool up) {
  if (up) {
    link_->link_up();
  } else {
    link_->link_down();
  }
}

void CaseStage::set_conditions(wire::Direction direction, const wire::Conditions& conditions) {
  link_->set_conditions(direction, conditions);
}

void CaseStage::listening() {
  if (!launches_client_by_step()) start_client();
}

}  // namespace wireproof::run
