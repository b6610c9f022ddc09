#include "reports/sample.h"

#include <string>
#include <utility>

#include "packet/packet.h"

namespace wireproof::report::sample {
namespace {

namespace flag = packet::flag;
using tcp::State;

constexpr std::int64_t start_ns = 1'740'000'000'000'000'000;  // 2025-02-19T21:20:00Z
constexpr std::int64_t us = 1'000;

packet::Endpoint endpoint(std::uint16_t port) {
  return {packet::parse_address("127.0.0.1").value(), port};
}

// Adds one segment; the payload comes before a FIN in the sequence.
struct Ladder {
  tcp::Connection connection;
  std::int64_t now_ns = start_ns + 2'100 * us;

  void segment(Side from, std::uint16_t flags, std::int64_t seq, std::int64_t ack,
               std::uint32_t length = 0) {
    tcp::Segment one;
    one.packet = connection.segments.size() + 1;
    one.time_ns = now_ns += 40 * us;
    one.from = from;
    one.flags = flags;
    one.seq = seq;
    one.ack = (flags & flag::ack) ? ack : 0;
    one.length = length;
    one.window = 65'535;
    one.raw_seq =
        static_cast<std::uint32_t>(connection.end(from).isn + static_cast<std::uint32_t>(seq));
    if (flags & flag::ack) {
      one.raw_ack = static_cast<std::uint32_t>(connection.end(other(from)).isn +
                                               static_cast<std::uint32_t>(ack));
    }
    connection.segments.push_back(one);
    ++connection.end(from).segments;
    if (length > 0) ++connection.end(from).data_segments;
    connection.end(from).payload_bytes += length;
    connection.end(from).payload_bytes_sent += length;
  }
  void becomes(Side side, State to) {
    State& state = connection.end(side).state;
    connection.transitions.push_back({side, state, to, connection.segments.size(), now_ns});
    state = to;
  }
};

constexpr Side client = Side::client, server = Side::server;

tcp::Connection four_way(std::int64_t last_ack) {
  Ladder ladder;
  tcp::Connection& c = ladder.connection;
  c.index = 1;
  c.ends[0].endpoint = endpoint(40'122);
  c.ends[1].endpoint = endpoint(5'556);
  c.ends[0].isn = 4'294'967'290;
  c.ends[1].isn = 1'000;
  for (tcp::End& end : c.ends) {
    end.isn_known = end.sack_permitted = end.timestamps = true;
    end.mss = 1'460;
    end.window_scale = 7;
  }
  c.ends[1].state = State::listen;
  ladder.segment(client, flag::syn, 0, 0);
  ladder.becomes(client, State::syn_sent);
  ladder.segment(server, flag::syn | flag::ack, 0, 1);
  ladder.becomes(server, State::syn_received);
  ladder.segment(client, flag::ack, 1, 1);
  ladder.becomes(client, State::established);
  ladder.becomes(server, State::established);
  ladder.segment(client, flag::psh | flag::ack, 1, 1, 3);
  ladder.segment(server, flag::ack, 1, 4);
  ladder.segment(server, flag::psh | flag::ack, 1, 4, 7);
  ladder.segment(client, flag::ack, 4, 8);
  ladder.segment(client, flag::fin | flag::ack, 4, 8);
  ladder.becomes(client, State::fin_wait_1);
  ladder.segment(server, flag::ack, 8, 5);
  ladder.becomes(server, State::close_wait);
  ladder.becomes(client, State::fin_wait_2);
  ladder.segment(server, flag::fin | flag::ack, 8, 5);
  ladder.becomes(server, State::last_ack);
  ladder.segment(client, flag::ack, 5, last_ack);
  ladder.becomes(client, State::time_wait);
  if (last_ack == 9) ladder.becomes(server, State::closed);
  c.ends[0].syn_packet = 1;
  c.ends[0].fin_packet = 8;
  c.ends[0].fin_ack_packet = 9;
  c.ends[0].fin_seq = 4;
  c.ends[1].syn_packet = 2;
  c.ends[1].fin_packet = 10;
  if (last_ack == 9) c.ends[1].fin_ack_packet = 11;
  c.ends[1].fin_seq = 8;
  c.handshake_done = true;
  c.opening = tcp::Opening::three_way;
  c.closing = last_ack == 9 ? tcp::Closing::four_way : tcp::Closing::unfinished;
  c.closed_first = tcp::ClosedFirst::client;
  c.first_time_ns = c.segments.front().time_ns;
  c.last_time_ns = c.segments.back().time_ns;
  c.handshake_ns = 80 * us;
  c.first_byte_ns = 120 * us;
  if (last_ack == 9) c.close_ns = 120 * us;
  return c;
}

void put(std::string& bytes, std::uint32_t value, unsigned count) {
  while (count-- > 0) bytes.push_back(static_cast<char>(value >> (8 * count)));
}

// The segment as an Ethernet frame of loopback, its checksums left to an interface that never came.
FrameReport frame_of(const tcp::Connection& connection, const tcp::Segment& segment) {
  FrameReport frame;
  frame.packet = segment.packet;
  frame.time_ns = segment.time_ns;
  std::string& bytes = frame.bytes;
  bytes.assign(12, '\0');
  put(bytes, 0x0800, 2);
  put(bytes, 0x4500, 2);
  put(bytes, 40 + segment.length, 2);
  put(bytes, 0x00004000, 4);  // Don't Fragment
  put(bytes, 0x4006, 2);      // time to live 64, TCP
  put(bytes, 0, 2);
  put(bytes, 0x7F000001, 4);
  put(bytes, 0x7F000001, 4);
  put(bytes, connection.end(segment.from).endpoint.port, 2);
  put(bytes, connection.end(other(segment.from)).endpoint.port, 2);
  put(bytes, segment.raw_seq, 4);
  put(bytes, segment.raw_ack, 4);
  put(bytes, 0x5000u | segment.flags, 2);
  put(bytes, segment.window, 2);
  put(bytes, 0, 4);
  bytes += std::string_view("success").substr(0, segment.length);
  frame.wire_length = static_cast<std::uint32_t>(bytes.size());
  return frame;
}

CaseReport tcp_case(std::string id, std::int64_t last_ack) {
  CaseReport one;
  one.id = std::move(id);
  one.title = "The client closes first, in four segments";
  one.story = "The server waits until its ACK of the FIN was seen before it closes.";
  one.scenario_file = "scenarios/tcp/close/client-first.json";
  one.scenario_line = 3;
  one.tags = {"tcp", "close"};
  one.parameters = {{"family", "ipv4"}};
  one.transport = "tcp";
  one.family = "ipv4";
  one.topology = "loopback";
  one.started_ns = static_cast<std::uint64_t>(start_ns);
  one.duration_ms = 48.2;
  one.cpu_ms = 11.5;
  one.folder = "tcp/close/client-first@ipv4";
  one.run_again = "wireproof run scenarios --filter " + one.id;
  TargetReport target;
  target.name = "tcp-server";
  target.command = {"targets/tcp-server", "127.0.0.1", "5556"};
  target.exit = "exit status 0";
  target.exit_code = 0;
  target.cpu_ms = 1.25;
  one.targets.push_back(target);
  CaptureReport capture;
  capture.interface = "lo";
  capture.file = one.folder + "/lo.pcapng";
  capture.packets = capture.received = 11;
  capture.checksums_valid = false;
  one.captures.push_back(capture);
  one.steps.push_back({"connect c",
                       "",
                       {one.scenario_file, 9, 5},
                       start_ns + 2'000 * us,
                       start_ns + 2'300 * us,
                       true,
                       "",
                       ""});
  one.connections.push_back({four_way(last_ack), {}, 0});
  for (const tcp::Segment& segment : one.connections[0].connection.segments) {
    one.frames.push_back(frame_of(one.connections[0].connection, segment));
  }
  one.witness.heard = {"sock_diag", "destroyed sockets"};
  one.witness.compared = 12;
  one.settings.push_back({"", "net.ipv4.tcp_congestion_control", "reno", true});
  one.notes = {"loopback: checksums are not proven (offload)"};
  return one;
}

scenario::ExpectedFailure listed(std::string rule, std::string why) {
  scenario::ExpectedFailure failure;
  failure.rule = std::move(rule);
  failure.why = std::move(why);
  return failure;
}

CaseReport plain_case(std::string id, Status status, std::string reason, std::string hint) {
  CaseReport one;
  one.id = std::move(id);
  one.status = status;
  one.reason = std::move(reason);
  one.hint = std::move(hint);
  one.title = "A case that did not get far";
  one.scenario_file = "scenarios/other.json";
  one.scenario_line = 1;
  one.transport = "tcp";
  one.family = "ipv4";
  one.topology = "loopback";
  one.started_ns = static_cast<std::uint64_t>(start_ns);
  one.duration_ms = 3.5;
  one.run_again = "wireproof run scenarios --filter " + one.id;
  return one;
}

}  // namespace

CaseReport passed_case(std::string id) { return tcp_case(std::move(id), 9); }

CaseReport failed_case() {
  CaseReport one = tcp_case("tcp/close/client-first@ipv6", 8);
  one.status = Status::failed;
  Finding finding;
  finding.rule = "tcp.close.fin-acknowledged";
  finding.source = "RFC 9293 3.6";
  finding.blame = Blame::client;
  finding.packets = {10, 11};
  finding.expected = "ACK number 9, the FIN's number plus one";
  finding.observed = "ACK number 8";
  finding.where = "connection 1";
  one.findings = {finding};
  tcp::Judgement& judgement = one.connections[0].judgement;
  judgement.findings = {finding};
  judgement.verdict = judgement.verdict_closing = judgement.verdict_client = Verdict::failed;
  return one;
}

CaseReport expected_failure() {
  CaseReport one = failed_case();
  one.id = "bad/never-closes@ipv4";
  one.title = "A server that never closes its socket";
  one.expected_failure = true;
  one.expected_failures.push_back(
      listed("tcp.close.fin-acknowledged", "this server has that fault"));
  return one;
}

CaseReport skipped_case() {
  return plain_case("wire/fin-lost@ipv4", Status::skipped, "isolation none has no wire",
                    "run with --isolation user");
}

CaseReport inconclusive_case() {
  CaseReport one = plain_case("tcp/large@ipv4", Status::inconclusive,
                              "the kernel dropped 3 packets of the capture", "lower --jobs");
  one.attempts = 3;
  one.earlier_attempts = {"the machine stalled for 210 ms", "the kernel dropped 3 packets"};
  return one;
}

CaseReport error_case() {
  return plain_case("user/server@ipv4", Status::error,
                    "cannot start ./server: No such file or directory", "give --server a program");
}

CaseReport udp_case() {
  CaseReport one = plain_case("udp/exchange@ipv4", Status::passed, "", "");
  one.title = "A datagram and its answer";
  one.transport = "udp";
  udp::Exchange exchange;
  exchange.index = 1;
  exchange.client = endpoint(41'000);
  exchange.server = endpoint(5'556);
  udp::Datagram request;
  request.packet = 1;
  request.time_ns = start_ns + 2'000 * us;
  request.length = 3;
  request.checksum = packet::Checksum::partial;
  request.payload_start = "123";
  request.source = exchange.client;
  request.destination = exchange.server;
  udp::Datagram answer = request;
  answer.pairing = udp::Pairing::answer;
  answer.source = exchange.server;
  answer.destination = exchange.client;
  answer.packet = 2;
  answer.time_ns += 60 * us;
  answer.from = server;
  answer.length = 7;
  answer.answers = 1;
  answer.payload_start = "success";
  exchange.datagrams = {request, answer};
  exchange.requests = exchange.answers = 1;
  one.exchanges.push_back(exchange);
  return one;
}

CaseReport kernel_case() {
  CaseReport one = passed_case("tcp/close/states@ipv4");
  const tcp::Connection& connection = one.connections[0].connection;
  witness::TcpSocket socket;
  socket.state = State::established;
  socket.local = connection.end(client).endpoint;
  socket.remote = connection.end(server).endpoint;
  socket.read_ns = connection.segments[2].time_ns + 10 * us;
  socket.info.emplace();
  socket.info->bytes_acked = 1;
  socket.info->rtt_us = 45;
  one.witness.readings = {{client, socket, socket.read_ns - 5 * us, "step 2, states.json:9:5"}};
  socket.state = State::time_wait;
  socket.read_ns = connection.segments.back().time_ns + 500 * us;
  one.witness.final_sockets = {socket};
  one.witness.final_read_ns = socket.read_ns;
  one.witness.events = {{witness::KernelEventKind::state, connection.segments[2].time_ns, client,
                         socket.local, socket.remote, State::syn_sent, State::established, 1, 2}};
  return one;
}

RunReport run() {
  RunReport all;
  Context& context = all.context;
  context.version = "0.1.0";
  context.command_line = "wireproof run scenarios";
  context.started_at = "2025-02-19T21:20:00.000000000Z";
  context.host_name = "machine";
  context.user = "user (uid 1000)";
  context.os = "Debian GNU/Linux 12 (bookworm)";
  context.kernel = "6.1.0-1-amd64";
  context.cpu_model = "A processor";
  context.cpus = 2;
  context.memory_bytes = std::uint64_t{4} << 30;
  context.clock_source = "tsc";
  context.load_average = {0.5, 0.25, 0.125};
  context.isolation = "user";
  context.isolation_why = "user namespaces work here";
  context.libraries = {{"libpcap", "1.10.3"}};
  context.seed = 7;
  context.jobs = 8;
  all.duration_ms = 3'421;
  all.cases = {passed_case(),       failed_case(), expected_failure(), skipped_case(),
               inconclusive_case(), error_case(),  udp_case(),         wire_case(),
               load_case(),         kernel_case()};
  return all;
}

std::string hostile() {
  return std::string("<b>&\"']]>\x1b[31m\a\r\n\t\x7f") + "\xc2\x9b" + "\xe2\x80\xae" +
         "\xff\xc0\x80" + "\xed\xa0\x80" + std::string(1, '\0') + "\xef\xbf\xbf" + "\xe4\xb8\xad";
}

CaseReport hostile_case() {
  CaseReport one = tcp_case("hostile/" + hostile(), 9);
  one.status = Status::failed;
  one.title = one.story = one.reason = one.hint = one.scenario_file = one.transport = one.family =
      one.topology = one.folder = one.run_again = hostile();
  one.tags = one.notes = one.earlier_attempts = {hostile()};
  one.parameters = {{hostile(), hostile()}};
  one.expected_failures = {listed(hostile(), hostile())};
  TargetReport& target = one.targets[0];
  target.name = target.exit = target.output = target.error_output = hostile();
  target.command = {hostile()};
  one.captures[0].host = one.captures[0].interface = one.captures[0].file = hostile();
  script::StepRecord& step = one.steps[0];
  step.shown = step.why = step.wanted = step.seen = step.position.file = hostile();
  Finding finding;
  finding.rule = finding.source = finding.expected = finding.observed = finding.where = hostile();
  finding.packets = {1};
  one.findings = one.connections[0].judgement.findings = {finding};
  one.settings = {{hostile(), hostile(), hostile(), true}};
  one.witness.heard = {hostile()};
  one.witness.not_heard = hostile();
  return one;
}

RunReport every_field() {
  RunReport all = run();
  all.interrupted = true;
  all.notes = {"a note"};
  all.cases = {expected_failure(), udp_case()};
  all.context.jobs = 9;
  all.context.label = "nightly";
  all.context.commit = "0123456789abcdef0123456789abcdef01234567";
  all.context.branch = "main";
  all.context.ci = "GitHub Actions";
  all.context.ci_run = "https://ci.invalid/run/7";
  all.context.shard = "2/5";
  CaseReport& one = all.cases[0];
  one.reason = "a reason";
  one.hint = "a hint";
  one.attempts = 2;
  one.order = 7;
  one.earlier_attempts = {"an earlier reason"};
  one.findings_left_out = 1;
  one.steps_left_out = 2;
  one.connections_left_out = 3;
  one.exchanges_left_out = 4;
  one.frames_left_out = 5;
  one.findings[0].inconclusive = true;
  one.findings[0].severity = Severity::should;
  script::StepRecord& step = one.steps[0];
  step.why = "a cause";
  step.ok = false;
  step.wanted = "wanted";
  step.seen = "seen";
  TargetReport& target = one.targets[0];
  target.role = Side::client;
  target.output = "out\n";
  target.error_output = "error\n";
  target.output_bytes = 4;
  target.error_bytes = 6;
  one.captures[0] = {"client", "eth0", "case/eth0.pcapng", 101, 1, 2, 3, 4, 5, 6, false, false};

  ConnectionReport& report = one.connections[0];
  report.segments_left_out = 5;
  report.judgement.verdict_opening = report.judgement.verdict_server = Verdict::inconclusive;
  tcp::Connection& connection = report.connection;
  connection.half_close = connection.fast_open = connection.mptcp = connection.urgent =
      connection.ecn = connection.accurate_ecn = connection.one_sided = true;
  connection.close_ns = 120 * us;
  connection.icmp_packets = {6};
  connection.segments[3].marks = tcp::mark::retransmission | tcp::mark::spurious;
  tcp::End& end = connection.ends[0];
  std::uint64_t count = 20;
  for (std::uint64_t* field : {&end.payload_bytes_after_peer_fin,
                               &end.retransmissions,
                               &end.syn_retransmissions,
                               &end.fin_retransmissions,
                               &end.duplicate_acks,
                               &end.out_of_order,
                               &end.zero_windows,
                               &end.keep_alives,
                               &end.window_probes,
                               &end.capture_duplicates,
                               &end.good_checksums,
                               &end.bad_checksums,
                               &end.fast_retransmissions,
                               &end.timeout_retransmissions,
                               &end.tail_loss_probes,
                               &end.spurious_retransmissions,
                               &end.duplicate_sacks,
                               &end.old_stamps,
                               &end.initial_flight,
                               &end.largest_flight,
                               &end.round_trips.samples}) {
    *field = ++count;
  }
  end.round_trips.min_ns = 40 * us;
  end.round_trips.max_ns = 90 * us;
  end.round_trips.sum_ns = 500 * us;
  end.round_trips.smoothed_ns = 60 * us;
  end.zero_window_ns = 70 * us;
  end.rst_packet = 7;
  end.first_segment_packet = 1;
  end.ecn_setup = true;
  one.connection_totals = totals(one.connections);
  one.connection_totals.count = 4;

  witness::TcpSocket socket;
  socket.state = State::fin_wait_2;
  socket.local = endpoint(40'122);
  socket.remote = endpoint(5'556);
  socket.inode = 1;
  socket.cookie = 2;
  socket.uid = 3;
  socket.receive_queue = 4;
  socket.send_queue = 5;
  socket.retransmits = 6;
  socket.timer = 7;
  socket.timer_ms = 8;
  socket.read_ns = start_ns + 3'000 * us;
  socket.info = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
  one.witness.readings = {{server, socket, start_ns + 2'900 * us, "await-state"}};
  one.witness.final_sockets = one.witness.destroyed = {socket};
  one.witness.not_heard = "tracepoints: a reason";
  one.witness.events = {{witness::KernelEventKind::state, start_ns + 3'100 * us, Side::server,
                         endpoint(5'555), endpoint(5'556), tcp::State::fin_wait_2,
                         tcp::State::closed, 1, 9}};
  one.witness.events_left_out = 6;
  one.witness.disagreements = 1;
  one.witness.overruns = 2;
  one.witness.readings_left_out = 3;
  one.witness.final_sockets_left_out = 4;
  one.witness.destroyed_left_out = 5;
  one.wire = wire();
  one.wire_link = wire_link();
  one.settings[0].host = "server";

  CaseReport& udp = all.cases[1];
  udp.datagrams_left_out = {{1, 6}};
  udp::Exchange& exchange = udp.exchanges[0];
  exchange.unanswered = 2;
  exchange.unpaired_answers = 3;
  exchange.duplicates = 4;
  exchange.reordered = 5;
  exchange.icmp_errors = 6;
  exchange.fragments = 7;
  exchange.client_bytes = 8;
  exchange.server_bytes = 9;
  udp::Datagram& datagram = exchange.datagrams[0];
  datagram.fragments = 2;
  datagram.complete = false;
  datagram.duplicate = datagram.reordered = datagram.overlap = true;
  datagram.pairing = udp::Pairing::other_port;
  datagram.source = endpoint(5'557);
  datagram.icmp_packet = 3;
  datagram.icmp_type = 4;
  datagram.icmp_code = 5;
  udp.load = load_result();
  udp.load->idle_errors = 2;
  return all;
}

}  // namespace wireproof::report::sample
