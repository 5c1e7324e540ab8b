// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <headwise/cpu/packet.hpp>

TEST_CASE("a register holds as many numbers as one of this instruction set does") {
  constexpr int floats = HEADWISE_FLOATS_OF_A_PACKET;
  CHECK(headwise::cpu::packet<float>::size == floats);
  CHECK(headwise::cpu::packet<double>::size == (floats + 1) / 2);
}
