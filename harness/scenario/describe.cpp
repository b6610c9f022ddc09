// A step in one line, as reports print it.
#include <fmt/format.h>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/step_reader.h"

namespace wireproof::scenario {
namespace {

std::string place(const Target& target) {
  if (target.path) return printable(*target.path);
  std::string text;
  if (target.address) text += printable(*target.address);
  if (target.port) text += fmt::format("{}port {}", text.empty() ? "" : " ", *target.port);
  return text;
}

std::string with(std::string_view word, const std::string& text) {
  return text.empty() ? "" : fmt::format("{}{}", word, text);
}

std::string wanted(const step::Expect& expect) {
  using Kind = step::Expect::Kind;
  switch (expect.kind) {
    case Kind::bytes:
      return expect.data.shown;
    case Kind::length:
      return fmt::format("{} bytes", expect.length);
    case Kind::prefix:
      return fmt::format("{} and more", expect.data.shown);
    case Kind::regex:
      return fmt::format("text like {}", expect.data.shown);
    case Kind::end:
      return "the end of the stream";
    case Kind::reset:
      return "a reset";
    case Kind::refused:
      return "a refusal";
    case Kind::error:
      return expect.error;
    case Kind::nothing:
      return fmt::format("nothing for {} ms", expect.quiet.count());
  }
  return "?";
}

struct Describe {
  std::string operator()(const step::Connect& s) const {
    return fmt::format("{} {}{}{}", s.begin ? "begin to connect" : "connect", s.socket,
                       with(" to ", place(s.to)), fails(s.fails));
  }
  std::string operator()(const step::Bind& s) const {
    return fmt::format("bind {}{}{}", s.socket, with(" to ", place(s.at)), fails(s.fails));
  }
  std::string operator()(const step::Listen& s) const {
    return fmt::format("listen on {}{}, backlog {}{}", s.socket, with(" at ", place(s.at)),
                       s.backlog, fails(s.fails));
  }
  std::string operator()(const step::Accept& s) const {
    return fmt::format("accept {} from {}", s.as, s.socket);
  }
  std::string operator()(const step::Send& s) const {
    const std::string to = s.to ? *s.to == "sender" ? "its sender" : *s.to : place(s.to_address);
    const std::string chunks = s.chunk > 0 ? fmt::format(", {} bytes a write", s.chunk) : "";
    return fmt::format("send {} on {}{}{}{}", s.data.shown, s.socket, with(" to ", to), chunks,
                       fails(s.fails));
  }
  std::string operator()(const step::Expect& s) const {
    std::string text =
        fmt::format("expect {} on {}{}", wanted(s), s.socket, with(" from ", s.from));
    if (s.receive > 0) text += fmt::format(", reading {} bytes", s.receive);
    if (s.truncated) text += *s.truncated ? ", truncated" : ", whole";
    return text;
  }
  std::string operator()(const step::Shutdown& s) const {
    return fmt::format("shutdown {} ({})", s.socket, name_in(shutdown_ways, s.how));
  }
  std::string operator()(const step::Close& s) const { return "close " + s.socket; }
  std::string operator()(const step::Abort& s) const { return "abort " + s.socket; }
  std::string operator()(const step::SetOption& s) const {
    return fmt::format("set {} of {} to {}{}{}", s.option, s.socket, s.value,
                       s.value2 ? fmt::format(", {}", *s.value2) : "", fails(s.fails));
  }
  std::string operator()(const step::Pause& s) const {
    return fmt::format("pause {} ms", s.span.count());
  }
  std::string operator()(const step::AwaitState& s) const {
    std::string list;
    for (const tcp::State state : s.states) {
      list += fmt::format("{}{}", list.empty() ? "" : " or ", name_in(states, state));
    }
    return fmt::format(
        "await {} {}{}{}", s.socket.empty() ? std::string(name(s.side)) : s.socket, list,
        s.count > 1 ? fmt::format(" {} times", s.count) : "",
        s.timer_ms ? fmt::format(" with {} ms of its timer left", to_string(*s.timer_ms)) : "");
  }
  std::string operator()(const step::AwaitPackets& s) const {
    return fmt::format("await {} packet{} from the {}{}{}", s.count, s.count == 1 ? "" : "s",
                       name(s.from), with(" with ", flags(s.flags_all)),
                       with(" without ", flags(s.flags_none)));
  }
  std::string operator()(const step::AwaitExit& s) const {
    return fmt::format("await the {}'s exit", name(s.who));
  }
  std::string operator()(const step::Launch& s) const {
    return fmt::format("launch the {}", name(s.who));
  }
  std::string operator()(const step::Signal& s) const {
    return fmt::format("send {} to the {}", name_in(signal_names, s.number), name(s.who));
  }
  std::string operator()(const step::Chmod& s) const {
    return fmt::format("chmod {:04o} {}", s.mode, printable(s.path));
  }
  std::string operator()(const step::PathExists& s) const {
    return fmt::format("path {} {}", printable(s.path), s.exists ? "exists" : "does not exist");
  }
  std::string operator()(const step::ReleaseHeld& s) const { return "release " + s.name; }
  std::string operator()(const step::AwaitHeld& s) const {
    return fmt::format("await {} packet{} held as {}", s.count, s.count == 1 ? "" : "s", s.name);
  }
  std::string operator()(const step::AwaitMatch& s) const {
    return fmt::format("await {} match{} of rule {}", s.count, s.count == 1 ? "" : "es", s.rule);
  }
  std::string operator()(const step::SetLink& s) const { return s.up ? "link up" : "link down"; }
  std::string operator()(const step::SetConditions& s) const {
    return fmt::format("new conditions {}",
                       s.direction == wire::Direction::client_to_server   ? "client to server"
                       : s.direction == wire::Direction::server_to_client ? "server to client"
                                                                          : "in both directions");
  }
  std::string operator()(const RepeatStep& s) const {
    return fmt::format("repeat {} step{} {} times", s.steps.size(), s.steps.size() == 1 ? "" : "s",
                       s.times);
  }

  static std::string fails(const std::string& error) { return with(", failing with ", error); }
  static std::string flags(std::uint16_t bits) {
    std::string text;
    for (const auto& flag : tcp_flags) {
      if ((bits & flag.value) != 0) text += fmt::format("{}{}", text.empty() ? "" : " ", flag.name);
    }
    return text;
  }
};

}  // namespace

std::string describe(const Step& step) { return std::visit(Describe{}, step.action); }

}  // namespace wireproof::scenario
