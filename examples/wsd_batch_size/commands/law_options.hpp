// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "headwise/wsd_batch_size.hpp"
#include "input/number_text.hpp"

namespace wsd_batch_size {

/// An option for the five numbers of an additive law.
inline CLI::Option* add_law(CLI::App& app, headwise::wsd::additive_law& law, const std::string& default_text) {
  constexpr int numbers = 5;
  return app
      .add_option_function<std::vector<std::string>>(
          "--law",
          [&law](const std::vector<std::string>& texts) {
            std::vector<double> values;
            for (const std::string& text : texts) {
              const number_text number = read_number(text);
              if (number.kind != number_kind::finite)
                throw CLI::ValidationError("--law", "needs numbers; given: " + text);
              values.push_back(number.value);
            }
            law = headwise::wsd::additive_law({.loss_floor = values[0],
                                               .signal = values[1],
                                               .signal_exponent = values[2],
                                               .noise = values[3],
                                               .noise_exponent = values[4]});
          },
          "L_inf,a,alpha,c,beta of L(S, B) = L_inf + a S^-alpha + c B^-beta")
      ->delimiter(',')
      ->expected(numbers)
      ->default_str(default_text);
}

}  // namespace wsd_batch_size
