// SPDX-License-Identifier: Apache-2.0
#include "input/point_files.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "input_texts.hpp"

namespace wsd_batch_size {
namespace {

TEST_CASE("points are runs of one batch and what they cost, repeats among them") {
  const point_data data = read_points("Batch_Size,LR,Samples\n16,0.0004,160K\n16,,1600\n2Ki,1e-3,4Mi\n");
  CHECK(data.unit == "samples");
  CHECK(data.notes.empty());
  REQUIRE(data.points.size() == 3);
  CHECK(data.points[0].batch == 16);
  CHECK(data.points[0].steps == 10000);
  CHECK(data.points[0].reached);
  CHECK(data.points[0].deviation > 0);
  CHECK(data.points[1].steps == 100);
  CHECK(data.points[2].batch == 2048);
  CHECK(data.points[2].steps == 2048);
  CHECK(data.learning_rates == std::vector<std::optional<double>>{4e-4, std::nullopt, 1e-3});
}

TEST_CASE("runs that failed are marked") {
  const point_data data = read_points("batch,tokens,reached\n1,2,1\n1,2,0\n1,2,True\n1,2,FALSE\n");
  CHECK(data.unit == "tokens");
  std::vector<bool> reached;
  for (const auto& point : data.points) reached.push_back(point.reached);
  CHECK(reached == std::vector<bool>{true, false, true, false});
  CHECK(data.learning_rates == std::vector<std::optional<double>>(4));
}

TEST_CASE("points of several files stand in the order of the files") {
  const auto data =
      std::get<point_data>(read_texts({{"a.csv", "batch,tokens\n4,8\n2,8\n"}, {"b.csv", "tokens;batch\n8;1\n"}}));
  REQUIRE(data.points.size() == 3);
  CHECK(data.points[1].steps == 4);
  CHECK(data.points[2].steps == 8);
}

}  // namespace
}  // namespace wsd_batch_size
