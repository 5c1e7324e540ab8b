// SPDX-License-Identifier: Apache-2.0
#include "commands/law_options.hpp"

#include "input/number_text.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

CLI::Option* add_law(CLI::App& app, std::optional<wsd::additive_law>& law) {
  constexpr std::size_t count = 5;
  const auto parse = [&law](const std::vector<std::string>& texts) {
    std::vector<double> values;
    for (const std::string& text : texts) {
      const number_text number = read_number(text);
      if (number.kind != number_kind::finite) throw CLI::ValidationError("--law", "needs numbers; given: " + text);
      values.push_back(number.value);
    }
    if (values.size() != count)
      throw CLI::ValidationError("--law", "needs five numbers by comma; given: " + std::to_string(values.size()));
    law = wsd::additive_law({.loss_floor = values[0],
                             .signal = values[1],
                             .signal_exponent = values[2],
                             .noise = values[3],
                             .noise_exponent = values[4]});
  };
  return app
      .add_option_function<std::vector<std::string>>("--law", parse,
                                                     "L_inf,a,alpha,c,beta of L(S, B) = L_inf + a S^-alpha + c B^-beta")
      ->delimiter(',');
}

void law_options::add_to(CLI::App& app) {
  CLI::Option* const law = add_law(app, law_);
  app.add_option("--from", file_, "a file that fit --json has written")->excludes(law);
}

fitted_law law_options::read() const {
  if (law_) return {*law_};
  if (file_.empty()) throw program::usage_error("a law is needed: --from a file of fit --json, or --law");
  return read_law(file_);
}

}  // namespace wsd_batch_size
