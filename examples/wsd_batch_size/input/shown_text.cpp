// SPDX-License-Identifier: Apache-2.0
#include "input/shown_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace wsd_batch_size {
namespace {

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

bool continues(std::string_view text, std::size_t i) { return (byte_at(text, i) & 0xc0U) == 0x80U; }

struct character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8
};

character first_character(std::string_view text) {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80U) return {first, 1};
  if (first < 0xc2U || first > 0xf4U) return {};
  const std::size_t bytes = first < 0xe0U ? 2 : first < 0xf0U ? 3 : 4;
  if (text.size() < bytes) return {};
  std::uint32_t code = first & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(text, i)) return {};
    code = code << 6U | (byte_at(text, i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};
  if (code < smallest[bytes] || code > 0x10ffffU) return {};
  return {code, bytes};
}

/// Neither a control character, nor invisible, nor one that turns the direction of writing.
bool shows(std::uint32_t code) {
  struct range {
    std::uint32_t first;
    std::uint32_t last;
  };
  constexpr std::array<range, 8> hidden = {{{0x00, 0x1f},
                                            {0x7f, 0x9f},
                                            {0x200b, 0x200f},
                                            {0x2028, 0x202e},
                                            {0x2060, 0x206f},
                                            {0xd800, 0xdfff},
                                            {0xfeff, 0xfeff},
                                            {0xfff0, 0xfffb}}};
  return std::none_of(hidden.begin(), hidden.end(), [&](const range& r) { return code >= r.first && code <= r.last; });
}

std::string escaped(unsigned byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\x%02x", byte);
  return text.data();
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  constexpr std::string_view dots = "...";
  std::string out;
  std::size_t width = 0;
  std::size_t cut = 0;
  while (!text.empty()) {
    const character next = first_character(text);
    const bool as_it_is = next.bytes > 0 && shows(next.code);
    const std::size_t bytes = as_it_is ? next.bytes : 1;
    if (width + dots.size() <= most) cut = out.size();
    out += as_it_is ? std::string(text.substr(0, bytes)) : escaped(byte_at(text, 0));
    width += as_it_is ? 1 : 4;
    if (width > most) return out.substr(0, cut) + std::string(dots);
    text.remove_prefix(bytes);
  }
  return out;
}

std::string shown(std::string_view text) {
  constexpr std::size_t most = 40;
  return '"' + printable(text, most) + '"';
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!continues(text, i)) ++count;
  return count;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

std::string counted(std::size_t count, std::string_view thing) {
  return std::to_string(count) + " " + std::string(thing) + (count == 1 ? "" : "s");
}

}  // namespace wsd_batch_size
