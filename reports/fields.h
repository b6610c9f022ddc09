// The report's fields, each named once: `describe` of a type calls the visitor for every field in
// the order it is written. FieldWriter makes JSON of it and FieldReader reads it back, so that the
// two cannot drift apart; the schema is checked against them by a test.
//
//   visit(key, value)         always there; an optional without value is left out
//   visit.rare(key, value)    left out when it has its default value (0, false, empty)
//   visit.time(key, ns)       nanoseconds since the case's start; left out when 0 (not known)
//   visit.text(key, value, to_text, from_text)        by its name
//   visit.words(key, bits, to_text, bit_count)        a set of bits as a list of their names
//   visit.output(key, text)   bounded: the first and the last of a program's output
//   visit.list(key, vector, left_out_key, left_out)   bounded: first and last items, and a count
#pragma once

#include <cstddef>
#include <type_traits>

namespace wireproof::report {

template <class Visitor, class T>
using Ref = std::conditional_t<Visitor::writes, const T&, T&>;

// How many items of a long list are kept at each end.
inline constexpr std::size_t kept_at_each_end = 200;

// The last enumerator of an enumeration that is written by name; its first is 0.
template <class Enum>
struct LastOf;

// Structures that take one line of the file.
template <class T>
inline constexpr bool on_one_line = false;

}  // namespace wireproof::report
