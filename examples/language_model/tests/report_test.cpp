// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "program_support/text_format.hpp"
#include "report/files.hpp"
#include "report/table.hpp"

namespace language_model {
namespace {

TEST_CASE("numbers read well") {
  CHECK(program::with_commas(0) == "0");
  CHECK(program::with_commas(999.4) == "999");
  CHECK(program::with_commas(1000) == "1,000");
  CHECK(program::with_commas(1234567) == "1,234,567");
  CHECK(program::with_commas(-1234) == "-1,234");
  CHECK(program::with_commas(-123) == "-123");
  CHECK(program::minutes_and_seconds(83.2) == "1:24");
  CHECK(program::minutes_and_seconds(0) == "0:00");
}

TEST_CASE("columns are aligned") {
  CHECK(aligned({{"name", "n"}, {"a", "12"}, {"longer"}}) == "name     n\na       12\nlonger\n");
}

TEST_CASE("several seeds become mean and spread") {
  const corpus text("test", std::vector<std::uint8_t>(100, 'a'));
  comparison found{text, ngram_baselines(text), 64, {}};
  variant_result& v = found.variants.emplace_back();
  v.name = "mea";
  for (const double loss : {1.0, 2.0, 3.0}) {
    run_result run;
    run.settings.model.seed = static_cast<std::uint64_t>(loss);
    run.held_out_loss = loss;
    run.record.curve = {{10, 100, loss, 0}, {20, 200, loss / 2, 0}};
    run.record.log = {{10, 100, loss, 0.5}};
    v.runs.push_back(run);
  }
  const auto json = nlohmann::json::parse(results_json(found));
  CHECK(json["text_bytes"] == 100);
  CHECK(json["settings"]["seeds"] == std::vector<int>{1, 2, 3});
  CHECK(json["variants"][0]["held_out_loss"] == 2.0);
  CHECK(json["variants"][0]["held_out_loss_spread"] == 1.0);
  CHECK(json["variants"][0]["curve"][1]["tokens"] == 200);
  CHECK(json["variants"][0]["curve"][1]["loss"] == 1.0);
  CHECK(table_of(found).find("2.000 +- 1.000") != std::string::npos);
  CHECK(loss_csv(found).find("mea,3,20,200,1.5,0\n") != std::string::npos);
  CHECK(training_log_csv(found).find("mea-batch16-seed2,10,100,2,0.5\n") != std::string::npos);
}

}  // namespace
}  // namespace language_model
