// SPDX-License-Identifier: Apache-2.0
// Adds to the largest integer a number that is known only when the program runs.
#include <limits>

int main(int arguments, char**) {
  const volatile int sum = std::numeric_limits<int>::max() + arguments;
  static_cast<void>(sum);
  return 0;
}
