// SPDX-License-Identifier: Apache-2.0
// Reads one number more than there are; how many there are is known only when the program runs.
#include <cstddef>
#include <vector>

int main(int arguments, char**) {
  const std::vector<int> numbers(static_cast<std::size_t>(arguments), 1);
  const int* const first = numbers.data();
  const volatile int read = first[arguments];
  static_cast<void>(read);
  return 0;
}
