// The steps that send and receive.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "scenario/names.h"
#include "scenario/step_reader.h"

namespace wireproof::scenario {
namespace {

constexpr std::int64_t longest_chunk = 16 << 20;
constexpr std::int64_t longest_pause_ms = 600'000;
constexpr std::size_t most_payload_bytes = 64u << 20;  // of one case, repeats not counted
constexpr std::size_t longest_datagram = 65'507;       // UDP over IPv4; IPv6 takes 65,527

// The kinds of an "expect", by the key that says what is wanted.
constexpr Named<step::Expect::Kind> expect_kinds[] = {
    {"text", step::Expect::Kind::bytes},    {"hex", step::Expect::Kind::bytes},
    {"base64", step::Expect::Kind::bytes},  {"pattern", step::Expect::Kind::bytes},
    {"length", step::Expect::Kind::length}, {"prefix", step::Expect::Kind::prefix},
    {"regex", step::Expect::Kind::regex},   {"end", step::Expect::Kind::end},
    {"reset", step::Expect::Kind::reset},   {"refused", step::Expect::Kind::refused},
    {"error", step::Expect::Kind::error},   {"nothing_for_ms", step::Expect::Kind::nothing}};

// The one key of `keys` that the object has; tells none and several.
Field only_one_of(const Object& object, std::span<const std::string_view> keys,
                  std::string_view what) {
  Field found;
  std::string_view first;
  for (const std::string_view key : keys) {
    const Field field = object.get(key);
    if (!field) continue;
    if (found) {
      object.errors().add(object.key_offset(key),
                          fmt::format("both \"{}\" and \"{}\" say {}", first, key, what),
                          "keep one of them");
      return {};
    }
    found = field;
    first = key;
  }
  if (!found && object.valid()) {
    object.errors().add(object.offset(), fmt::format("nothing says {}", what),
                        "one of " + alternatives(keys));
  }
  return found;
}

}  // namespace

StepReader::Action StepReader::send(const Field& value) {
  constexpr std::string_view keys[] = {"on",    "text",         "hex", "base64", "pattern",
                                       "chunk", "chunk_gap_ms", "to",  "fails"};
  const Parts parts = this->parts(value, keys);
  const Object& object = parts.object;
  step::Send send;
  if (parts.short_form) {
    send.data = text_payload(*parts.short_form.node->string());
  } else {
    if (!only_one_of(object, payload_keys, "what to send")) return std::nullopt;
    auto data = read_payload(object);
    if (!data) return std::nullopt;
    send.data = std::move(*data);
  }
  if (repeats_ > 0) payload_bytes_ += send.data.bytes.size();
  if (payload_bytes_ > most_payload_bytes) {
    errors_.add(step_offset_, fmt::format("the steps send over {} bytes", most_payload_bytes),
                "send less at once, with \"repeat\"");
    return std::nullopt;
  }
  if (const auto chunk = object.integer("chunk", 1, longest_chunk)) {
    send.chunk = static_cast<std::size_t>(*chunk);
  }
  if (const auto gap = object.span("chunk_gap_ms", 0, longest_pause_ms)) {
    send.chunk_gap = *gap;
    if (send.chunk == 0) {
      errors_.add(object.key_offset("chunk_gap_ms"), "\"chunk_gap_ms\" without \"chunk\"",
                  "\"chunk\" says how many bytes each write has");
    }
  }
  send.fails = read_fails(object);
  const SocketUse* socket =
      is_datagram()
          ? sockets_.resolve(object.get("on"), step_offset_, "bound or connected", is_usable)
          : sockets_.resolve(object.get("on"), step_offset_, "connected", is_connected);
  if (const Field to = object.get("to")) {
    if (!is_datagram()) {
      errors_.add(object.key_offset("to"), "\"to\" is of datagrams",
                  "a connection's other end is fixed: remove \"to\"");
    } else if (const std::string* word = to.node->string()) {
      if (*word != "sender" && !sockets_.find(*word)) {
        auto known = sockets_.names();
        known.push_back("sender");
        unknown_name(to, "socket", *word, known, errors_);
      }
      send.to = *word;
    } else {
      send.to_address = read_target(to);
    }
  }
  if (is_datagram()) {
    if (send.chunk > 0) {
      errors_.add(object.key_offset("chunk"), "\"chunk\" is of streams",
                  "a datagram is sent as a whole: repeat the step for several");
    }
    if (case_.transport == Transport::udp && send.data.bytes.size() > longest_datagram + 20 &&
        send.fails.empty()) {
      errors_.add(
          step_offset_, fmt::format("a datagram of {} bytes", send.data.bytes.size()),
          "UDP carries at most 65507 (IPv6: 65527); or say that it \"fails\": \"EMSGSIZE\"");
    }
    if (socket && socket->side == Side::server && !is_connected(*socket) && !send.to &&
        !send.to_address.address && !send.to_address.port && !send.to_address.path) {
      errors_.add(step_offset_, "nothing says to whom the server sends",
                  "add \"to\": \"sender\", or a socket's name");
    }
  } else if (send.data.bytes.empty() && case_.transport != Transport::unix_seqpacket) {
    errors_.add(step_offset_, "sending nothing does nothing on a stream", "remove the step");
  }
  if (!socket) return std::nullopt;
  if (socket->write_ended && send.fails.empty()) {
    errors_.add(step_offset_,
                fmt::format("socket {} was shut down for writing", wireproof::quoted(socket->name)),
                "send before \"shutdown\", or say that it \"fails\": \"EPIPE\"");
  }
  send.socket = socket->name;
  return send;
}

bool StepReader::read_kind(const Object& object, const Field& kind, step::Expect& expect) {
  for (const auto& known : expect_kinds) {
    if (object.get(known.name).node == kind.node) expect.kind = known.value;
  }
  switch (expect.kind) {
    case step::Expect::Kind::bytes: {
      auto data = read_payload(object);
      if (data) expect.data = std::move(*data);
      return data.has_value();
    }
    case step::Expect::Kind::length: {
      const auto length = read_integer(kind, 0, longest_pattern * 64, errors_);
      expect.length = static_cast<std::size_t>(length.value_or(0));
      return length.has_value();
    }
    case step::Expect::Kind::prefix: {
      std::optional<Bytes> data;
      if (const std::string* text = kind.node->string()) {
        data = text_payload(*text);
      } else {
        const Object inner(kind, payload_keys, errors_);
        if (only_one_of(inner, payload_keys, "what the prefix is")) data = read_payload(inner);
      }
      if (data) expect.data = std::move(*data);
      return data.has_value();
    }
    case step::Expect::Kind::regex: {
      auto data = read_regex(kind, errors_);
      if (data) expect.data = std::move(*data);
      return data.has_value();
    }
    case step::Expect::Kind::nothing: {
      const auto span = read_integer(kind, 1, longest_pause_ms, errors_);
      expect.quiet = milliseconds(span.value_or(0));
      if (span) spend(expect.quiet);
      return span.has_value();
    }
    case step::Expect::Kind::error:
      if (const auto number = read_choice<int>(kind, "error name", error_names, errors_)) {
        expect.error = name_in(error_names, *number);
      }
      return !expect.error.empty();
    case step::Expect::Kind::end:
    case step::Expect::Kind::reset:
    case step::Expect::Kind::refused: {
      const auto flag = read_boolean(kind, errors_);
      if (flag && !*flag) {
        errors_.add(kind.offset(), fmt::format("{} can only be true", kind.what),
                    "\"nothing_for_ms\" says that nothing comes");
      }
      return flag.value_or(false);
    }
  }
  return false;
}

void StepReader::check_expect(const Object& object, const Field& kind, const step::Expect& expect) {
  using Kind = step::Expect::Kind;
  const bool keeps_messages = is_datagram() || case_.transport == Transport::unix_seqpacket;
  if (expect.kind == Kind::end && is_datagram()) {
    errors_.add(object.key_offset("end"), "datagrams have no end of stream",
                "\"nothing_for_ms\" says that nothing more comes");
  }
  if (expect.kind == Kind::reset && is_datagram()) {
    errors_.add(object.key_offset("reset"), "datagrams are not reset",
                "\"refused\" is what an ICMP port-unreachable does");
  }
  if (expect.kind == Kind::refused && case_.transport != Transport::udp) {
    errors_.add(object.key_offset("refused"), "a connection is refused to connect(2)",
                "write {\"connect\": {\"fails\": \"ECONNREFUSED\"}}");
  }
  for (const std::string_view key : {"receive", "truncated"}) {
    if (object.has(key) && !keeps_messages) {
      errors_.add(object.key_offset(key), fmt::format("\"{}\" is of datagrams", key),
                  "a stream has no message boundaries: \"length\" reads so many bytes");
    }
  }
  if (object.has("from") && !is_datagram()) {
    errors_.add(object.key_offset("from"), "\"from\" is of datagrams",
                "a connection's other end is fixed: remove \"from\"");
  }
  const bool empty_wanted = (expect.kind == Kind::bytes && expect.data.bytes.empty()) ||
                            (expect.kind == Kind::length && expect.length == 0);
  if (empty_wanted && !keeps_messages) {
    errors_.add(kind ? kind.offset() : step_offset_, "a stream cannot deliver nothing",
                "the end of the stream is {\"end\": true}, silence {\"nothing_for_ms\": 100}");
  }
  if (expect.kind == Kind::prefix && expect.data.bytes.empty()) {
    errors_.add(kind.offset(), "an empty prefix fits everything", "give it some bytes");
  }
  const bool ends = expect.kind == Kind::end || expect.kind == Kind::reset ||
                    expect.kind == Kind::refused || expect.kind == Kind::error ||
                    expect.kind == Kind::nothing;
  for (const std::string_view key : {"receive", "truncated", "from"}) {
    if (ends && keeps_messages && object.has(key)) {
      errors_.add(object.key_offset(key), fmt::format("\"{}\" where no data is wanted", key),
                  "remove it");
    }
  }
}

StepReader::Action StepReader::expect(const Field& value) {
  constexpr std::string_view keys[] = {
      "on",  "text",  "hex",     "base64", "pattern",        "length",  "prefix",    "regex",
      "end", "reset", "refused", "error",  "nothing_for_ms", "receive", "truncated", "from"};
  const Parts parts = this->parts(value, keys);
  const Object& object = parts.object;
  step::Expect expect;
  Field kind;
  if (parts.short_form) {
    expect.data = text_payload(*parts.short_form.node->string());
    kind = parts.short_form;
  } else {
    kind = only_one_of(object, names_of(expect_kinds), "what is expected");
    if (!kind || !read_kind(object, kind, expect)) return std::nullopt;
  }
  if (repeats_ > 0) payload_bytes_ += expect.data.bytes.size();
  if (payload_bytes_ > most_payload_bytes) {
    errors_.add(step_offset_, fmt::format("the steps carry over {} bytes", most_payload_bytes),
                "expect less at once, with \"repeat\"");
    return std::nullopt;
  }
  if (const auto receive = object.integer("receive", 1, longest_chunk)) {
    expect.receive = static_cast<std::size_t>(*receive);
  }
  expect.truncated = object.boolean("truncated");
  if (const auto from = object.string("from")) {
    if (*from != "server" && !sockets_.find(*from)) {
      auto known = sockets_.names();
      known.push_back("server");
      unknown_name(object.get("from"), "socket", *from, known, errors_);
    }
    expect.from = *from;
  }
  check_expect(object, kind, expect);
  const SocketUse* socket =
      is_datagram()
          ? sockets_.resolve(object.get("on"), step_offset_, "bound or connected", is_usable)
          : sockets_.resolve(object.get("on"), step_offset_, "connected", is_connected);
  if (!socket) return std::nullopt;
  expect.socket = socket->name;
  return expect;
}

}  // namespace wireproof::scenario
