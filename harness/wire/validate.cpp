#include "wire/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace wireproof::wire {
namespace {

using std::chrono::nanoseconds;

class ConditionCheck {
 public:
  ConditionCheck(const Conditions& conditions, Direction direction)
      : conditions_(conditions), direction_(direction) {}

  std::vector<Problem> run() {
    if (conditions_.delay.count() < 0) add("delay", "is negative");
    if (conditions_.jitter.spread.count() < 0) add("jitter.spread", "is negative");
    if (conditions_.jitter.kind == Jitter::Kind::pareto && !(conditions_.jitter.shape > 1))
      add("jitter.shape",
          fmt::format("must be over 1 (else there is no mean), is {}", conditions_.jitter.shape));
    if (const auto* const loss = std::get_if<IndependentLoss>(&conditions_.loss))
      probability("loss.probability", loss->probability);
    if (const auto* const bursts = std::get_if<GilbertElliott>(&conditions_.loss)) {
      probability("loss.to_bad", bursts->to_bad);
      probability("loss.to_good", bursts->to_good);
      probability("loss.loss_in_good", bursts->loss_in_good);
      probability("loss.loss_in_bad", bursts->loss_in_bad);
    }
    probability("duplication.probability", conditions_.duplication.probability);
    probability("reordering.probability", conditions_.reordering.probability);
    probability("corruption.probability", conditions_.corruption.probability);
    if (conditions_.duplication.copies == 0) add("duplication.copies", "must be at least 1");
    if (conditions_.reordering.behind == 0) add("reordering.behind", "must be at least 1");
    if (conditions_.reordering.at_most.count() < 0) add("reordering.at_most", "is negative");
    if (conditions_.rate && conditions_.rate->bits_per_second == 0)
      add("rate.bits_per_second", "must be at least 1");
    // RFC 791: every module must forward 68 bytes without further fragmentation.
    if (conditions_.mtu && conditions_.mtu->bytes < 68)
      add("mtu.bytes", fmt::format("must be at least 68, is {}", conditions_.mtu->bytes));
    return std::move(problems_);
  }

 private:
  void add(std::string field, std::string what) {
    problems_.push_back({std::nullopt, direction_, std::move(field), std::move(what)});
  }
  void probability(std::string field, double value) {
    if (!(value >= 0 && value <= 1))
      add(std::move(field), fmt::format("must be between 0 and 1, is {}", value));
  }
  const Conditions& conditions_;
  Direction direction_;
  std::vector<Problem> problems_;
};

class RuleCheck {
 public:
  explicit RuleCheck(const std::vector<Rule>& rules) : rules_(rules) {}

  std::vector<Problem> run() {
    std::set<std::string> names;
    for (at_ = 0; at_ < rules_.size(); ++at_) {
      const Rule& rule = rules_[at_];
      if (rule.name.empty()) add("name", "is empty");
      if (!names.insert(rule.name).second)
        add("name", fmt::format("{} is taken by an earlier rule", quoted(rule.name)));
      check_on(rule.on);
      check_after(rule);
      std::visit([&](const auto& action) { check(action, rule.on); }, rule.action);
    }
    return std::move(problems_);
  }

 private:
  void add(std::string field, std::string what) {
    problems_.push_back({at_, Direction::both, std::move(field), std::move(what)});
  }
  void range(std::string field, const std::optional<Range>& range) {
    if (range && range->from > range->to)
      add(std::move(field), fmt::format("is empty: {} is over {}", range->from, range->to));
  }
  static bool names_tcp(const Match& on) {
    return on.flags_all_of != 0 || on.flags_none_of != 0 || on.sending != Sending::any ||
           on.sequence || on.acknowledgement || on.acknowledges_fin || on.window;
  }
  static bool names_icmp(const Match& on) { return on.icmp_type || on.icmp_code; }

  void check_on(const Match& on) {
    using enum Protocol;
    if ((on.flags_all_of & on.flags_none_of) != 0)
      add("on.flags", "the same flag is wanted set and not set");
    if (on.nth.from == 0) add("on.nth", "counts from 1");
    range("on.nth", on.nth);
    range("on.payload_length", on.payload_length);
    range("on.sequence", on.sequence);
    range("on.acknowledgement", on.acknowledgement);
    range("on.window", on.window);
    if (names_tcp(on) && on.protocol != any && on.protocol != tcp)
      add("on.protocol", "flags, numbers and retransmissions are TCP's alone");
    if (names_icmp(on) && on.protocol != any && on.protocol != icmp && on.protocol != icmpv6)
      add("on.protocol", "types and codes are ICMP's alone");
    if (names_icmp(on) && names_tcp(on)) add("on", "no packet is both TCP and ICMP");
    if (on.connection && *on.connection == 0) add("on.connection", "counts from 1");
    if ((on.connection || on.client_port || on.server_port) && on.protocol != any &&
        on.protocol != tcp && on.protocol != udp)
      add("on.protocol", "connections and ports are TCP's and UDP's alone");
    const std::size_t bytes = std::max(on.payload_prefix.size(), on.payload_contains.size());
    if (on.payload_length && bytes > on.payload_length->to)
      add("on.payload_length", "is shorter than the bytes that are wanted in it");
  }

  // A rule sees a packet after the earlier ones: one that follows a later rule, or itself, would
  // begin with the packet after.
  void check_after(const Rule& rule) {
    if (rule.after.empty()) return;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < at_; ++i) names.push_back(rules_[i].name);
    if (std::find(names.begin(), names.end(), rule.after) != names.end()) return;
    const std::string near = nearest(rule.after, names);
    add("after", fmt::format("no rule before it is named {}{}", quoted(rule.after),
                             near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
  }

  void tcp_only(const Match& on) {
    if (on.protocol != Protocol::any && on.protocol != Protocol::tcp)
      add("do", "is for TCP segments alone");
  }
  void time(std::string field, const std::optional<nanoseconds>& span) {
    if (span && span->count() < 0) add(std::move(field), "is negative");
  }

  void check(const Pass&, const Match&) {}
  void check(const Drop&, const Match&) {}
  void check(const Hold& hold, const Match&) {
    if (hold.name.empty()) add("do.name", "is empty");
    if (hold.until_matches && *hold.until_matches == 0)
      add("do.until_matches", "must be at least 1");
    time("do.until_after", hold.until_after);
  }
  void check(const Release& release, const Match&) {
    if (holds(rules_, release.name)) return;
    std::vector<std::string> names;
    for (const Rule& rule : rules_)
      if (const auto* const hold = std::get_if<Hold>(&rule.action)) names.push_back(hold->name);
    const std::string near = nearest(release.name, names);
    add("do.name", fmt::format("no rule holds anything as {}{}", quoted(release.name),
                               near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
  }
  void check(const Duplicate& duplicate, const Match&) {
    if (duplicate.copies == 0 || duplicate.copies > 1000)
      add("do.copies", fmt::format("must be between 1 and 1000, is {}", duplicate.copies));
    time("do.spacing", duplicate.spacing);
  }
  void check(const Delay& delay, const Match&) { time("do.by", delay.by); }
  void check(const ReorderBehind& reorder, const Match&) {
    if (reorder.packets == 0) add("do.packets", "must be at least 1");
    time("do.at_most", reorder.at_most);
  }
  void check(const Corrupt& corruption, const Match& on) {
    using Part = Corrupt::Part;
    if (corruption.mask == 0) add("do.mask", "changes nothing");
    const bool tcp = corruption.part == Part::sequence ||
                     corruption.part == Part::acknowledgement || corruption.part == Part::flags ||
                     corruption.part == Part::window || corruption.part == Part::urgent;
    if (tcp) tcp_only(on);
    if (corruption.mend_checksum &&
        (corruption.part == Part::checksum || corruption.part == Part::ip_checksum))
      add("do.mend_checksum", "would undo the corruption");
  }
  void check(const SetFields& fields, const Match& on) {
    if ((fields.set_flags & fields.clear_flags) != 0)
      add("do.flags", "the same flag is set and cleared");
    if (fields.ecn && *fields.ecn > 3) add("do.ecn", "has two bits");
    if (fields.window_scale && *fields.window_scale > 14)
      add("do.window_scale", "must be at most 14 (RFC 7323 2.3)");
    const bool ip_alone = fields.set_flags == 0 && fields.clear_flags == 0 && !fields.window &&
                          !fields.urgent && !fields.sequence && !fields.acknowledgement &&
                          !fields.mss && !fields.window_scale && !fields.timestamps &&
                          fields.strip_options.empty();
    if (!ip_alone) tcp_only(on);
    if (ip_alone && !fields.ecn && !fields.ttl) add("do", "sets nothing");
    for (const std::uint8_t kind : fields.strip_options)
      if (kind < 2) add("do.strip_options", "kinds 0 and 1 are padding");
  }
  void check(const Truncate&, const Match&) {}
  void check(const AnswerRst&, const Match& on) { tcp_only(on); }
  void check(const AnswerIcmp&, const Match& on) {
    if (on.protocol == Protocol::arp) add("do", "ARP is not answered by ICMP");
  }
  void check(const Split& split, const Match& on) {
    tcp_only(on);
    if (split.payload_bytes == 0) add("do.payload_bytes", "must be at least 1");
  }
  void check(const JoinNext& join, const Match& on) {
    tcp_only(on);
    time("do.at_most", join.at_most);
  }

  const std::vector<Rule>& rules_;
  std::size_t at_ = 0;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> problems_of(const Conditions& conditions, Direction direction) {
  return ConditionCheck(conditions, direction).run();
}

std::vector<Problem> problems_of(const std::vector<Rule>& rules) { return RuleCheck(rules).run(); }

std::vector<Problem> problems_of(const Plan& plan) {
  std::vector<Problem> all = problems_of(plan.client_to_server, Direction::client_to_server);
  for (auto& more :
       {problems_of(plan.server_to_client, Direction::server_to_client), problems_of(plan.rules)})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string to_string(const Problem& problem) {
  const std::string where =
      problem.rule
          ? fmt::format("rule {}", *problem.rule + 1)
          : std::string(problem.direction == Direction::client_to_server   ? "client to server"
                        : problem.direction == Direction::server_to_client ? "server to client"
                                                                           : "both directions");
  return fmt::format("{}, {}: {}", where, problem.field, problem.what);
}

bool holds(const std::vector<Rule>& rules, std::string_view name) {
  return std::any_of(rules.begin(), rules.end(), [&](const Rule& rule) {
    const auto* const hold = std::get_if<Hold>(&rule.action);
    return hold != nullptr && hold->name == name;
  });
}

}  // namespace wireproof::wire
