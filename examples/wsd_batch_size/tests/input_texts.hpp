// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "input/input_reader.hpp"
#include "program_support/usage_error.hpp"

namespace wsd_batch_size {

struct named_text {
  std::string file;
  std::string text;
};

inline input_data read_texts(std::initializer_list<named_text> texts, const read_settings& settings = {}) {
  input_reader reader(settings);
  for (const named_text& each : texts) {
    std::istringstream in(each.text);
    reader.add(in, each.file);
  }
  return std::move(reader).finish();
}

inline curve_data read_curves(const std::string& text, const read_settings& settings = {}) {
  return std::get<curve_data>(read_texts({{"log.csv", text}}, settings));
}

inline point_data read_points(const std::string& text) {
  return std::get<point_data>(read_texts({{"points.csv", text}}));
}

/// What is said of texts that cannot be read; nothing if they can.
inline std::string refusal_of(std::initializer_list<named_text> texts, const read_settings& settings = {}) {
  try {
    read_texts(texts, settings);
  } catch (const program::usage_error& problem) {
    return problem.what();
  }
  return "";
}

inline std::string refusal_of(const std::string& text, const read_settings& settings = {}) {
  return refusal_of({{"log.csv", text}}, settings);
}

}  // namespace wsd_batch_size
