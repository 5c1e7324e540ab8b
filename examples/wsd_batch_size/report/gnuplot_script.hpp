// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "program_support/gnuplot.hpp"
#include "program_support/text_format.hpp"

namespace wsd_batch_size {

/// Rows of numbers under a name that gnuplot knows.
class data_block {
 public:
  explicit data_block(std::string name) : name_(std::move(name)) {}

  /// A row with a number that is not finite is left out.
  void add(std::initializer_list<double> row) {
    std::string line;
    for (const double value : row) {
      if (!std::isfinite(value)) return;
      line += program::exact(value) + " ";
    }
    rows_ += line + "\n";
  }
  bool empty() const { return rows_.empty(); }
  const std::string& name() const { return name_; }
  std::string text() const { return name_ + " << end_of_data\n" + rows_ + "end_of_data\n"; }

 private:
  std::string name_;
  std::string rows_;
};

/// A place in a picture with axes of its own.
class panel {
 public:
  /// `name` is the beginning of the names of its blocks, which are those of one panel only.
  panel(std::string name, std::string title) : name_(std::move(name)), title_(std::move(title)) {}

  void set(const std::string& setting) { settings_ += "set " + setting + "\n"; }
  data_block& new_block() {
    blocks_.emplace_back("$" + name_ + std::to_string(blocks_.size()));
    return blocks_.back();
  }
  /// What is drawn of the newest block.
  void draw(const std::string& how) {
    if (!blocks_.back().empty()) parts_.push_back(blocks_.back().name() + " " + how);
  }

  std::string text() const {
    std::string text;
    for (const data_block& block : blocks_)
      if (!block.empty()) text += block.text();
    text += "set title " + program::in_quotes(title_) + " noenhanced\n" + settings_ + "plot ";
    for (std::size_t i = 0; i < parts_.size(); ++i) text += (i == 0 ? "" : ", \\\n  ") + parts_[i];
    return text + "\nreset\n";
  }
  bool empty() const { return parts_.empty(); }

 private:
  std::string name_;
  std::string title_;
  std::string settings_;
  std::vector<data_block> blocks_;
  std::vector<std::string> parts_;
};

}  // namespace wsd_batch_size
