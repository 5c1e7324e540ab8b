// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace headwise {

/// The one exception of the library, thrown at the host boundary before any work starts: which argument is wrong, what
/// was given and what is needed. What a device fails to do is reported by it as well, whenever that comes out.
class error : public std::runtime_error {
 public:
  error(std::string argument, std::string given, std::string needed)
      : std::runtime_error("headwise: " + argument + " is " + given + ", needed: " + needed),
        argument_(std::move(argument)),
        given_(std::move(given)),
        needed_(std::move(needed)) {}

  /// The argument's name as the function's declaration spells it.
  const std::string& argument() const { return argument_; }
  /// The value that was given.
  const std::string& given() const { return given_; }
  /// The value that is needed.
  const std::string& needed() const { return needed_; }

 private:
  std::string argument_;
  std::string given_;
  std::string needed_;
};

namespace detail {

/// Pieces of a text that is put together only if it is needed.
template <typename... Pieces>
struct text_pieces {
  std::tuple<Pieces...> pieces;
};

template <typename... Pieces>
text_pieces<Pieces...> words(Pieces... pieces) {
  return {{pieces...}};
}

template <typename Value>
std::string to_text(const Value& value) {
  if constexpr (std::is_floating_point_v<Value>) {
    char text[32];
    std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
    return text;
  } else if constexpr (std::is_arithmetic_v<Value>) {
    return std::to_string(value);
  } else {
    return std::string(value);
  }
}

template <typename... Pieces>
std::string to_text(const text_pieces<Pieces...>& text) {
  return std::apply([](const Pieces&... pieces) { return (to_text(pieces) + ...); }, text.pieces);
}

/// Apart from `require`, so that compilers leave it out of the functions that check.
template <typename Given, typename Needed>
[[noreturn]] void throw_error(const char* argument, const Given& given, const Needed& needed) {
  throw error(argument, to_text(given), to_text(needed));
}

/// Throws `headwise::error` unless `holds`. The texts are built only on failure, so a check that passes allocates
/// nothing.
template <typename Given, typename Needed>
void require(bool holds, const char* argument, const Given& given, const Needed& needed) {
  if (!holds) throw_error(argument, given, needed);
}

}  // namespace detail
}  // namespace headwise
