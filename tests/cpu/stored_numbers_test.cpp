// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <headwise/cpu/stored_numbers.hpp>
#include <vector>

namespace {

using headwise::bfloat16;
using headwise::float16;
namespace tiles = headwise::cpu::tiles;
constexpr std::size_t size = std::size_t{headwise::cpu::packet<float>::size};

/// The floats that a type of 16 bits may have trouble with: every one of its own, those half way to the next, and their
/// neighbours.
template <typename T>
std::vector<float> hard_numbers() {
  std::vector<float> numbers;
  for (std::uint32_t bits = 0; bits < 0x10000U; ++bits) {
    T number;
    number.bits = static_cast<std::uint16_t>(bits);
    T next;
    next.bits = static_cast<std::uint16_t>(bits + 1);
    const float half_way = 0.5F * (static_cast<float>(number) + static_cast<float>(next));
    for (const float f :
         {static_cast<float>(number), half_way, std::nextafter(half_way, 0.0F), std::nextafter(half_way, 2 * half_way)})
      numbers.push_back(f);
  }
  while (numbers.size() % size != 0) numbers.push_back(0.0F);
  return numbers;
}

bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b) || (std::isnan(a) && std::isnan(b));
}

}  // namespace

TEST_CASE_TEMPLATE("packets read all numbers of 16 bits as one by one", T, bfloat16, float16) {
  std::vector<std::uint32_t> wrong;
  for (std::uint32_t first = 0; first < 0x10000U; first += size) {
    std::array<T, size> stored;
    for (std::size_t i = 0; i < size; ++i) stored[i].bits = static_cast<std::uint16_t>(first + i);
    const tiles::float_packet by_operations = tiles::floats_of<T>(T{}, tiles::load_halves(stored.data()));
    for (const tiles::float_packet& read : {headwise::cpu::load_as<float>(stored.data()), by_operations}) {
      std::array<float, size> numbers;
      headwise::cpu::packet<float>::store(numbers.data(), read);
      for (std::size_t i = 0; i < size; ++i)
        if (!same(numbers[i], static_cast<float>(stored[i]))) wrong.push_back(stored[i].bits);
    }
  }
  CHECK(wrong == std::vector<std::uint32_t>{});
}

TEST_CASE_TEMPLATE("packets are rounded to 16 bits as number by number", T, bfloat16, float16) {
  const std::vector<float> numbers = hard_numbers<T>();
  std::vector<float> wrong;
  for (std::size_t first = 0; first < numbers.size(); first += size) {
    const tiles::float_packet packet = headwise::cpu::packet<float>::load(numbers.data() + first);
    std::array<T, size> stored;
    headwise::cpu::store_as<float>(stored.data(), packet);
    const auto by_operations = std::bit_cast<std::array<T, size>>(tiles::halves_of<T>(T{}, packet));
    for (std::size_t i = 0; i < size; ++i)
      for (const T rounded : {stored[i], by_operations[i]})
        if (!same(static_cast<float>(rounded), static_cast<float>(T(numbers[first + i]))))
          wrong.push_back(numbers[first + i]);
  }
  CHECK(wrong == std::vector<float>{});
}

TEST_CASE("conversion of a vector scales all of its numbers, between any two types") {
  const auto scaled = []<typename From, typename To>(From /*from*/, To /*to*/) {
    constexpr std::size_t count = 2 * size + 3;
    std::array<From, count> from;
    for (std::size_t i = 0; i < count; ++i) from[i] = From(static_cast<float>(i) - 4);
    std::array<To, count + 1> to;
    to.fill(To(99.0F));
    headwise::cpu::convert<double>(from.data(), count, 0.5, to.data());
    for (std::size_t i = 0; i < count; ++i) CHECK(static_cast<double>(to[i]) == 0.5 * (static_cast<double>(i) - 4));
    CHECK(static_cast<double>(to[count]) == 99.0);
  };
  scaled(1.0F, 1.0F);
  scaled(1.0F, 1.0);
  scaled(bfloat16(), 1.0F);
  scaled(1.0, float16());
}

TEST_CASE("adding a scaled vector to another one gives a number that does not depend on where it stands") {
  for (const std::size_t count : {std::size_t{1}, size, size + 3, 2 * size - 1}) {
    CAPTURE(count);
    const std::vector<bfloat16> from(count, bfloat16(1.0F / 3));
    std::vector<float> to(count + 1, 0.1F);
    headwise::cpu::add_scaled(from.data(), static_cast<std::int64_t>(count), 0.7F, to.data());
    for (std::size_t i = 0; i < count; ++i) CHECK(to[i] == to[0]);
    CHECK(std::fabs(to[0] - (0.1F + 0.7F * float{from[0]})) <= 0x1p-23F);
    CHECK(to[count] == 0.1F);
  }
}
