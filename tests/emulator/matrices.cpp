// SPDX-License-Identifier: Apache-2.0
// What the lanes of a warp do with matrices that are spread over them.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <numeric>

#include "emulator/block.hpp"
#include "emulator/counters.hpp"
#include "emulator/device_functions.hpp"
#include "emulator/settings.hpp"
#include "emulator/warp_meeting.hpp"
#include "headwise/core/half_precision.hpp"

namespace headwise::emulator {

namespace {

constexpr std::size_t row_bytes = 16;

struct loaded_matrices {
  std::uint32_t* matrix;
  const std::byte* row;
};

std::uint16_t number_at(const std::byte* row, int column) {
  std::uint16_t bits;
  std::memcpy(&bits, row + 2 * column, sizeof bits);
  return bits;
}

template <bool Transposed>
void load_for_all(void* const (&operands)[warp_lanes]) {
  const auto row_of = [&](int lane) { return static_cast<const loaded_matrices*>(operands[lane])->row; };
  for (int lane = 0; lane < warp_lanes; ++lane) {
    const int r = lane / 4;
    const int c = 2 * (lane % 4);
    for (int i = 0; i < 4; ++i) {
      const std::uint16_t low = Transposed ? number_at(row_of(8 * i + c), r) : number_at(row_of(8 * i + r), c);
      const std::uint16_t high = Transposed ? number_at(row_of(8 * i + c + 1), r) : number_at(row_of(8 * i + r), c + 1);
      static_cast<const loaded_matrices*>(operands[lane])->matrix[i] = low | std::uint32_t{high} << 16;
    }
  }
}

struct multiplied {
  float* c;
  const std::uint32_t* a;
  std::uint32_t b[2];
};

template <typename T>
float number_of(std::uint32_t pair, int which) {
  T number;
  number.bits = static_cast<std::uint16_t>(pair >> 16 * which);
  return static_cast<float>(number);
}

/// The sum of all terms, aligned to the largest and cut off behind 24 bits.
float cut_sum(const float (&terms)[9]) {
  float largest = 0;
  for (const float term : terms) {
    if (!std::isfinite(term)) return std::accumulate(std::begin(terms), std::end(terms), 0.0F);
    largest = std::max(largest, std::fabs(term));
  }
  if (largest == 0) return 0;
  const int last_bit = std::ilogb(largest) - 23;
  double sum = 0;
  for (const float term : terms) sum += std::trunc(std::ldexp(static_cast<double>(term), -last_bit));
  // The sum may have a few bits more than a float, which are cut off as well.
  const int more_bits = std::max(0, sum == 0 ? 0 : std::ilogb(sum) - 23);
  return static_cast<float>(std::ldexp(std::trunc(std::ldexp(sum, -more_bits)), last_bit + more_bits));
}

void add_products_cut(const float (&a)[16][16], const float (&b)[16][8], float (&c)[16][8]) {
  for (int m = 0; m < 16; ++m)
    for (int n = 0; n < 8; ++n)
      for (int first = 0; first < 16; first += 8) {
        float terms[9];
        for (int k = 0; k < 8; ++k) terms[k] = a[m][first + k] * b[first + k][n];
        terms[8] = c[m][n];
        c[m][n] = cut_sum(terms);
      }
}

void add_products(const float (&a)[16][16], const float (&b)[16][8], float (&c)[16][8]) {
  for (int m = 0; m < 16; ++m)
    for (int k = 0; k < 16; ++k)
      for (int n = 0; n < 8; ++n) c[m][n] += a[m][k] * b[k][n];
}

/// Every element takes the products in the order of k, each added to the float so far, unless sums are cut; the
/// device's order is not specified. A product of numbers of 16 bits is exact, so that a compiler's fused multiply-add
/// changes nothing.
template <typename T>
void multiply_for_all(void* const (&operands)[warp_lanes]) {
  count_one(&statistics::multiply_adds);
  float a[16][16];
  float b[16][8];
  float c[16][8];
  for (int lane = 0; lane < warp_lanes; ++lane) {
    const auto& operand = *static_cast<const multiplied*>(operands[lane]);
    const int r = lane / 4;
    for (int i = 0; i < 2; ++i) {
      const int p = 2 * (lane % 4) + i;
      a[r][p] = number_of<T>(operand.a[0], i);
      a[r + 8][p] = number_of<T>(operand.a[1], i);
      a[r][p + 8] = number_of<T>(operand.a[2], i);
      a[r + 8][p + 8] = number_of<T>(operand.a[3], i);
      b[p][r] = number_of<T>(operand.b[0], i);
      b[p + 8][r] = number_of<T>(operand.b[1], i);
      c[r][p] = operand.c[i];
      c[r + 8][p] = operand.c[2 + i];
    }
  }
  (cut_sums() ? add_products_cut : add_products)(a, b, c);
  for (int lane = 0; lane < warp_lanes; ++lane) {
    const auto& operand = *static_cast<const multiplied*>(operands[lane]);
    const int r = lane / 4;
    for (int i = 0; i < 2; ++i) {
      operand.c[i] = c[r][2 * (lane % 4) + i];
      operand.c[2 + i] = c[r + 8][2 * (lane % 4) + i];
    }
  }
}

}  // namespace

void load_matrices(std::uint32_t (&matrix)[4], const std::byte* row, bool transposed, const call_site& where) {
  block& b = running_block();
  const std::size_t offset = b.shared.offset_of(row, row_bytes, name_of(collective::load_matrices), where);
  b.order.read(b.warp(), access_order::all_lanes, offset, row_bytes, where);
  log_access(access_kind::matrix_load, row, row_bytes, where);
  loaded_matrices operand{matrix, row};
  meet(collective::load_matrices, &operand, where, transposed ? load_for_all<true> : load_for_all<false>);
}

void multiply_add(factor type, float (&c)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                  const call_site& where) {
  multiplied operand{c, a, {b0, b1}};
  meet(collective::multiply_add, &operand, where,
       type == factor::bfloat16 ? multiply_for_all<bfloat16> : multiply_for_all<float16>);
}

}  // namespace headwise::emulator
