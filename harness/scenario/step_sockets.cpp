// The steps that make, change and end sockets.
#include <fmt/format.h>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/socket_options.h"
#include "scenario/step_reader.h"

namespace wireproof::scenario {

StepReader::Action StepReader::connect(const Field& value) {
  constexpr std::string_view keys[] = {"as", "to", "fails", "side", "begin"};
  const Parts parts = this->parts(value, keys);
  step::Connect connect;
  const auto side = parts.object.choice<Side>("side", "side", sides);
  connect.to = read_target(parts.object.get("to"));
  connect.fails = read_fails(parts.object);
  connect.begin = parts.object.boolean("begin").value_or(false);
  if (connect.begin && (case_.transport != Transport::tcp || !connect.fails.empty())) {
    errors_.add(parts.object.key_offset("begin"),
                connect.fails.empty() ? fmt::format("{} connects at once", name(case_.transport))
                                      : "how a connect ends that is only begun is not known yet",
                connect.fails.empty() ? "remove it" : "remove \"begin\" or \"fails\"");
  }
  SocketUse* socket = sockets_.make(parts.get("as", "as"), "c", side, Side::client,
                                    SocketUse::Phase::bound, step_offset_);
  if (!socket) return std::nullopt;
  const bool elsewhere = connect.to.address || connect.to.port || connect.to.path;
  if (!is_datagram() && server_is_scripted() && !elsewhere && connect.fails.empty() &&
      !case_.client && !sockets_.any_listening()) {
    errors_.add(step_offset_, "nothing listens for this connection",
                "add a \"server\", or listen by a step before; or say that it \"fails\"");
  }
  socket->phase = connect.fails.empty() ? SocketUse::Phase::connected : SocketUse::Phase::closed;
  socket->was_connected = socket->was_connected || connect.fails.empty();
  socket->offset = step_offset_;
  connect.socket = socket->name;
  connect.side = socket->side;
  return connect;
}

StepReader::Action StepReader::bind(const Field& value) {
  constexpr std::string_view keys[] = {"as", "at", "fails", "side"};
  const Parts parts = this->parts(value, keys);
  step::Bind bind;
  const auto side = parts.object.choice<Side>("side", "side", sides);
  bind.at = read_target(parts.object.get("at"));
  bind.fails = read_fails(parts.object);
  const Side where = side.value_or(default_bind_side());
  const std::string_view fallback = where == Side::client ? "c" : is_datagram() ? "s" : "l";
  SocketUse* socket = sockets_.make(parts.get("as", "as"), fallback, side, default_bind_side(),
                                    SocketUse::Phase::set, step_offset_);
  if (!socket) return std::nullopt;
  if (socket->side == Side::server && case_.server && bind.fails.empty() && !bind.at.port &&
      !bind.at.path) {
    errors_.add(step_offset_, "the server's address is taken: the server is a program",
                "bind on the client's side (\"side\": \"client\"), or say that it \"fails\"");
  }
  socket->phase = bind.fails.empty() ? SocketUse::Phase::bound : SocketUse::Phase::closed;
  socket->offset = step_offset_;
  bind.socket = socket->name;
  bind.side = socket->side;
  return bind;
}

StepReader::Action StepReader::listen(const Field& value) {
  constexpr std::string_view keys[] = {"as", "at", "backlog", "fails", "side"};
  const Parts parts = this->parts(value, keys);
  if (is_datagram()) {
    errors_.add(step_offset_, fmt::format("{} sockets do not listen", name(case_.transport)),
                "\"bind\" is enough for datagrams");
    return std::nullopt;
  }
  step::Listen listen;
  if (const auto backlog = parts.object.integer("backlog", 0, 65535)) {
    listen.backlog = static_cast<int>(*backlog);
  }
  const auto side = parts.object.choice<Side>("side", "side", sides);
  listen.at = read_target(parts.object.get("at"));
  listen.fails = read_fails(parts.object);
  SocketUse* socket = sockets_.make(parts.get("as", "as"), "l", side, Side::server,
                                    SocketUse::Phase::bound, step_offset_);
  if (!socket) return std::nullopt;
  const bool own_place = listen.at.port || listen.at.path;
  if (socket->phase == SocketUse::Phase::bound && (own_place || listen.at.address)) {
    errors_.add(
        parts.object.get("at").offset(),
        fmt::format("socket {} is bound already, since line {}", wireproof::quoted(socket->name),
                    errors_.source().position(socket->offset).line),
        "remove \"at\"");
  }
  if (socket->side == Side::server && case_.server && listen.fails.empty() && !own_place &&
      socket->phase != SocketUse::Phase::bound) {
    errors_.add(step_offset_,
                "both the server and the script would listen: the server is a program",
                "remove \"server\", or this step");
  }
  if (case_.topology == lab::Topology::remote && socket->side == Side::server) {
    errors_.add(step_offset_, "the script cannot listen on a remote server's side",
                "topology \"remote\" drives a server that runs elsewhere: remove the step");
  }
  socket->phase = listen.fails.empty() ? SocketUse::Phase::listening : SocketUse::Phase::closed;
  socket->offset = step_offset_;
  listen.socket = socket->name;
  listen.side = socket->side;
  return listen;
}

StepReader::Action StepReader::accept(const Field& value) {
  constexpr std::string_view keys[] = {"on", "as"};
  const Parts parts = this->parts(value, keys);
  const SocketUse* listener =
      sockets_.resolve(parts.object.get("on"), step_offset_, "listening", is_listening);
  if (!listener) return std::nullopt;
  step::Accept accept;
  accept.socket = listener->name;
  const Side side = listener->side;
  SocketUse* socket = sockets_.make(parts.get("as", "as"), "s", std::nullopt, side,
                                    SocketUse::Phase::set, step_offset_);
  if (!socket) return std::nullopt;
  socket->phase = SocketUse::Phase::connected;
  socket->was_connected = true;
  socket->offset = step_offset_;
  accept.as = socket->name;
  return accept;
}

StepReader::Action StepReader::shutdown(const Field& value) {
  constexpr std::string_view keys[] = {"on", "how"};
  const Parts parts = this->parts(value, keys);
  step::Shutdown shutdown;
  if (const auto how = parts.object.choice<step::Shutdown::How>("how", "way", shutdown_ways)) {
    shutdown.how = *how;
  }
  SocketUse* socket =
      sockets_.resolve(parts.get("on", "on"), step_offset_, "connected", is_connected);
  if (!socket) return std::nullopt;
  if (shutdown.how != step::Shutdown::How::read) socket->write_ended = true;
  shutdown.socket = socket->name;
  return shutdown;
}

StepReader::Action StepReader::close(const Field& value) {
  constexpr std::string_view keys[] = {"on"};
  const Parts parts = this->parts(value, keys);
  SocketUse* socket = sockets_.resolve(parts.get("on", "on"), step_offset_, "open", is_open);
  if (!socket) return std::nullopt;
  socket->phase = SocketUse::Phase::closed;
  socket->offset = step_offset_;
  return step::Close{socket->name};
}

StepReader::Action StepReader::abort(const Field& value) {
  constexpr std::string_view keys[] = {"on"};
  const Parts parts = this->parts(value, keys);
  if (case_.transport != Transport::tcp) {
    errors_.add(step_offset_, fmt::format("{} has no reset", name(case_.transport)),
                "\"abort\" is of tcp: use \"close\"");
    return std::nullopt;
  }
  SocketUse* socket =
      sockets_.resolve(parts.get("on", "on"), step_offset_, "connected", is_connected);
  if (!socket) return std::nullopt;
  socket->phase = SocketUse::Phase::closed;
  socket->offset = step_offset_;
  return step::Abort{socket->name};
}

namespace {

bool applies(SocketOption::On on, const Case& one) {
  switch (on) {
    case SocketOption::On::any:
      return true;
    case SocketOption::On::inet:
      return !is_unix(one.transport);
    case SocketOption::On::ipv4:
      return one.family == Family::ipv4;
    case SocketOption::On::ipv6:
      return one.family == Family::ipv6;
    case SocketOption::On::tcp:
      return one.transport == Transport::tcp;
    case SocketOption::On::udp:
      return one.transport == Transport::udp;
    case SocketOption::On::unix_domain:
      return is_unix(one.transport);
  }
  return false;
}

constexpr std::int64_t int_least = -2147483648LL, int_most = 2147483647LL;

}  // namespace

StepReader::Action StepReader::set(const Field& value) {
  constexpr std::string_view keys[] = {"on", "option", "value", "fails"};
  const Object object(value, keys, errors_);
  if (!object.valid()) return std::nullopt;
  step::SetOption set;
  set.fails = read_fails(object);
  const Field option_field = object.require("option", "as in \"TCP_NODELAY\"");
  const Field number = object.require("value", "a number; SO_LINGER takes [on, seconds]");
  const auto option_name = option_field ? read_string(option_field, errors_) : std::nullopt;
  const SocketOption* option = option_name ? find_socket_option(*option_name) : nullptr;
  if (option_name && !option) {
    unknown_name(option_field, "socket option", *option_name, names_of(socket_options), errors_);
  }
  if (option && !applies(option->on, case_)) {
    errors_.add(option_field.offset(),
                fmt::format("{} is not an option of {} over {}", option->name,
                            name(case_.transport), name(case_.family)),
                "use \"when\" where a matrix changes the transport or family");
  }
  if (option && number) {
    set.option = option->name;
    if (option->kind == SocketOption::Kind::linger) {
      const auto pair = number.node->list() ? read_list(number, errors_) : std::vector<Field>{};
      if (pair.size() != 2) {
        errors_.add(number.offset(), "SO_LINGER takes two numbers",
                    "[on, seconds]: [1, 0] resets at close");
      } else {
        set.value = read_integer(pair[0], 0, 1, errors_).value_or(0);
        set.value2 = read_integer(pair[1], 0, 65535, errors_).value_or(0);
      }
    } else if (const bool* flag = std::get_if<bool>(&number.node->value)) {
      set.value = *flag ? 1 : 0;
    } else {
      set.value = read_integer(number, int_least, int_most, errors_).value_or(0);
    }
  }
  // A name that is not open yet but will be: the socket is made here, on the side it will be on.
  const Field on = object.get("on");
  const std::string* wanted = on ? on.node->string() : nullptr;
  if (!on && sockets_.names().empty() && sockets_.made_somewhere.size() == 1) {
    wanted = &sockets_.made_somewhere.begin()->first;
  }
  const SocketUse* known = wanted ? sockets_.find(*wanted) : nullptr;
  SocketUse* socket = nullptr;
  if (wanted && sockets_.made_somewhere.contains(*wanted) && (!known || !is_open(*known))) {
    const Side side = sockets_.made_somewhere.at(*wanted);
    socket = sockets_.make(on, *wanted, side, side, SocketUse::Phase::set, step_offset_);
  } else {
    socket = sockets_.resolve(on, step_offset_, "open", is_open);
  }
  if (!socket) return std::nullopt;
  set.socket = socket->name;
  set.side = socket->side;
  return set;
}

}  // namespace wireproof::scenario
