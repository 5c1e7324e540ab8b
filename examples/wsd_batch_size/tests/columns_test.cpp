// SPDX-License-Identifier: Apache-2.0
#include "input/columns.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "program_support/usage_error.hpp"

namespace wsd_batch_size {
namespace {

columns columns_of(const std::string& header, const read_settings& settings = {}) {
  std::istringstream in(header);
  return find_columns(csv_reader(in, "log.csv"), settings);
}

void check_curve_names(const std::string& step, const std::string& tokens, const std::string& loss) {
  const columns found = columns_of("other," + loss + "," + step + ",," + tokens);
  CHECK(found.kind == file_kind::curves);
  CHECK(found.loss == 1);
  CHECK(found.step == 2);
  CHECK(found.tokens == 4);
  CHECK(!found.run);
  CHECK(!found.learning_rate);
  CHECK(!found.phase);
  CHECK(found.notes.empty());
}

void check_point_names(const std::string& batch, const std::string& cost) {
  const columns found = columns_of(batch + "," + cost);
  CHECK(found.kind == file_kind::points);
  CHECK(found.batch == 0);
  CHECK(found.tokens == 1);
  CHECK(found.unit == cost);
  CHECK(!found.reached);
}

TEST_CASE("curves are recognised by all names of their columns, in letters of any case") {
  for (const char* step : {"step", "Steps", "ITERATION", "iterations"})
    for (const char* tokens : {"tokens", "Consumed_Tokens", "total_tokens"})
      for (const char* loss : {"loss", "val_loss", "Validation_Loss", "train_loss"})
        check_curve_names(step, tokens, loss);
  CHECK(columns_of("batch_size,step,tokens,loss").kind == file_kind::curves);
}

TEST_CASE("curves may tell runs, phases and learning rates") {
  for (const char* run : {"run", "run_id", "Name"})
    CHECK(columns_of(std::string("step,tokens,loss,phase,lr,") + run).run == 5);
  for (const char* rate : {"learning_rate", "LR"})
    CHECK(columns_of(std::string("step,tokens,loss,phase,") + rate).learning_rate == 4);
  CHECK(columns_of("step,tokens,loss,Phase").phase == 3);
}

TEST_CASE("points are recognised by a batch size and a cost") {
  for (const char* batch : {"batch", "Batch_Size"})
    for (const char* cost : {"tokens", "samples"}) check_point_names(batch, cost);
  CHECK(columns_of("lr,reached,samples,batch").learning_rate == 0);
  CHECK(columns_of("lr,reached,samples,batch").reached == 1);
}

TEST_CASE("the loss of validation is read if there are several") {
  const columns found = columns_of("train_loss,step,loss,tokens,val_loss");
  CHECK(found.loss == 4);
  REQUIRE(found.notes.size() == 2);
  CHECK(found.notes[0] == "log.csv: the column \"val_loss\" is read, not \"loss\".");
  CHECK(found.notes[1] == "log.csv: the column \"val_loss\" is read, not \"train_loss\".");
  CHECK(columns_of("train_loss,step,loss,tokens").loss == 2);
}

TEST_CASE("users may choose the loss by its name") {
  read_settings settings;
  settings.loss_column = "Train/CE";
  const columns found = columns_of("step,tokens,loss,train/ce", settings);
  CHECK(found.loss == 3);
  CHECK(found.notes.empty());
}

}  // namespace
}  // namespace wsd_batch_size
