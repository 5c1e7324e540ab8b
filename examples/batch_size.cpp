// SPDX-License-Identifier: Apache-2.0
#include <headwise/wsd_batch_size.hpp>
#include <iostream>
#include <vector>

namespace wsd = headwise::wsd;

int main() {
  // Steps after which runs of constant batch size, in tokens, first had the loss; the smallest never got there.
  std::vector<wsd::measurement> runs{
      {1.2e6, 93000}, {1.35e6, 65300}, {1.5e6, 53100}, {1.8e6, 42200}, {2.5e6, 31200},
      {3.5e6, 25400}, {5e6, 21100},    {8e6, 17300},   {12e6, 15300},  {20e6, 13900},
  };
  runs.push_back({.batch = 1.05e6, .steps = 120000, .reached = false});

  const wsd::curve_estimate found = wsd::estimate_curve<wsd::laurent_model>(runs);
  const auto show = [](const char* name, const std::optional<double>& value, double unit) {
    std::cout << name << ": ";
    value ? std::cout << *value / unit << '\n' : std::cout << "not identified\n";
  };
  show("smallest batch that can reach the loss, millions of tokens", found.batch_min, 1e6);
  show("batch that takes the fewest tokens, millions of tokens", found.batch_opt, 1e6);
  show("these fewest tokens, billions", found.tokens_min, 1e9);
  for (const wsd::finding what : found.findings) std::cout << wsd::text_of(what) << '\n';
  return found.batch_opt ? 0 : 1;
}
