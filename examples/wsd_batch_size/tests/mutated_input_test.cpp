// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "headwise/wsd_batch_size/parameter_check.hpp"
#include "input/shown_text.hpp"
#include "input_texts.hpp"

namespace wsd_batch_size {
namespace {

using headwise::wsd::detail::is_positive;

std::string long_run() {
  std::string text = "run,step,tokens,loss,lr\n";
  for (int i = 1; i <= 8; ++i)
    text += "a," + std::to_string(i) + ',' + std::to_string(512 * i) + ',' + std::to_string(4.0 / i) + ",0.001\n";
  return text;
}

const std::string phases =
    "step;tokens;loss;phase\r\n10;1K;3;warmup\r\n20;2K;2.5;stable\r\n30;3K;2;stable\r\n"
    "20;2K;2.25;stable\r\n30;3K;2;\r\n";
const std::string quotes =
    "\xef\xbb\xbf# log\n\"name\",\"iteration\",\"total_tokens\",\"val_loss\",\"loss\"\n\"a,\"\"b\"\"\",1,4,,3\n"
    "\"a,\"\"b\"\"\",2,8,2.5,2\nc,4,12,2,1\n\nc,8,24,nan,1\nc,12,36,1.5,1\n\"a,\"\"b\"\"\",3,12,2,2\n";
const std::string points =
    "batch_size,learning_rate,tokens,reached\n3Mi,2e-05,1157627904,1\n3145728,,1.2B,false\n6M,4e-5,1.5T,true\n";
const std::string samples = "samples\tbatch\n159744\t16\n163840\t32\n";
const std::vector<std::string> valid_texts = {long_run(), phases, quotes, points, samples};

/// Changes texts at random, with what is likely to matter.
class mutator {
 public:
  explicit mutator(unsigned seed) : random_(seed) {}

  std::string mutate(std::string text) {
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(text);
    return text;
  }
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

 private:
  void change(std::string& text) {
    if (text.empty()) return;
    const std::size_t i = below(text.size());
    switch (below(8)) {
      case 0:
        text[i] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(i, 1 + below(4));
        break;
      case 2:
        text.insert(i, 1, ",;\t\"\n\r#-.0129eEkKMBTi+ "[below(23)]);
        break;
      case 3:
        replace_field(text, i);
        break;
      case 4:
        text.resize(i);
        break;
      case 5:
        text.insert(begin_of_line(text, below(text.size())), line_at(text, i));
        break;
      case 6:
        text.erase(begin_of_line(text, i), line_at(text, i).size());
        break;
      default:
        move_line(text, i);
        break;
    }
  }

  static std::size_t begin_of_line(const std::string& text, std::size_t i) {
    return i == 0 ? 0 : text.rfind('\n', i - 1) + 1;
  }
  static std::string line_at(const std::string& text, std::size_t i) {
    const std::size_t begin = begin_of_line(text, i);
    const std::size_t end = text.find('\n', i);
    return text.substr(begin, end == std::string::npos ? end : end + 1 - begin);
  }

  void move_line(std::string& text, std::size_t i) {
    const std::string line = line_at(text, i);
    text.erase(begin_of_line(text, i), line.size());
    if (!text.empty()) text.insert(begin_of_line(text, below(text.size())), line);
  }

  void replace_field(std::string& text, std::size_t i) {
    static const std::vector<std::string> fields = {"",
                                                    "0",
                                                    "-1",
                                                    "nan",
                                                    "inf",
                                                    "-inf",
                                                    "1e400",
                                                    "1e308",
                                                    "1e-320",
                                                    "1e-400",
                                                    "5e-324",
                                                    "9e307",
                                                    "1e308T",
                                                    "K",
                                                    "\"",
                                                    "\"\"",
                                                    "\x1b[31m",
                                                    "\xff\xfe",
                                                    "\xe2\x80\xae",
                                                    "1e16",
                                                    "step",
                                                    "loss",
                                                    "tokens",
                                                    "batch",
                                                    "true",
                                                    "stable",
                                                    "0x1p3",
                                                    "1e15Ti",
                                                    "\"a,b\"",
                                                    "1.7976931348623157e308"};
    const std::string separators = ",;\t\r\n";
    const std::size_t before = i == 0 ? std::string::npos : text.find_last_of(separators, i - 1);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find_first_of(separators, i), text.size());
    text.replace(begin, std::max(end, begin) - begin, fields[below(fields.size())]);
  }

  std::mt19937 random_;
};

bool is_sentence(const std::string& text) { return !text.empty() && text.size() < 1000 && printable(text) == text; }

bool holds_invariants(const std::vector<std::string>& notes) {
  return std::all_of(notes.begin(), notes.end(),
                     [](const std::string& note) { return is_sentence(note) && note.ends_with('.'); });
}

bool holds_invariants(const curve_run& run) {
  const auto& steps = run.curve.steps;
  const auto& losses = run.curve.losses;
  bool holds = is_positive(run.curve.batch) && steps.size() >= 2 && steps.size() == losses.size() &&
               printable(run.curve.run) == run.curve.run && holds_invariants(run.notes) &&
               is_positive(run.learning_rate.value_or(1));
  for (std::size_t i = 0; i < steps.size(); ++i)
    holds = holds && is_positive(steps[i]) && std::isfinite(losses[i]) && (i == 0 || steps[i] > steps[i - 1]);
  return holds;
}

bool holds_invariants(const curve_data& data) {
  return !data.runs.empty() && holds_invariants(data.notes) &&
         std::all_of(data.runs.begin(), data.runs.end(), [](const curve_run& run) { return holds_invariants(run); }) &&
         std::is_sorted(data.runs.begin(), data.runs.end(),
                        [](const curve_run& a, const curve_run& b) { return a.curve.batch < b.curve.batch; });
}

bool holds_invariants(const point_data& data) {
  return !data.points.empty() && data.points.size() == data.learning_rates.size() && holds_invariants(data.notes) &&
         std::all_of(data.learning_rates.begin(), data.learning_rates.end(),
                     [](const std::optional<double>& rate) { return is_positive(rate.value_or(1)); }) &&
         (data.unit == "tokens" || data.unit == "samples") &&
         std::all_of(data.points.begin(), data.points.end(), [](const headwise::wsd::measurement& point) {
           return is_positive(point.batch) && is_positive(point.steps) && is_positive(point.deviation);
         });
}

TEST_CASE("valid texts are read") {
  for (const std::string& text : valid_texts) {
    CAPTURE(text);
    CHECK(refusal_of(text) == "");
  }
}

TEST_CASE("mutated texts are read into data that hold together, or refused in one line") {
  constexpr int mutants = 30000;
  mutator mutated(20240607);
  std::array<int, 2> outcomes{};
  for (int i = 0; i < mutants; ++i) {
    const std::string text = mutated.mutate(valid_texts[mutated.below(valid_texts.size())]);
    bool holds = false;
    try {
      holds = std::visit([](const auto& data) { return holds_invariants(data); }, read_texts({{"log.csv", text}}));
      ++outcomes[0];
    } catch (const program::usage_error& problem) {
      const std::string message = problem.what();
      holds = is_sentence(message) && message.starts_with("log.csv:");
      ++outcomes[1];
    }
    if (holds) continue;
    CAPTURE(i);
    CAPTURE(printable(text));
    REQUIRE(holds);
  }
  // The mutations are neither too mild nor too harsh to try both.
  CHECK(outcomes[0] > mutants / 10);
  CHECK(outcomes[1] > mutants / 10);
}

}  // namespace
}  // namespace wsd_batch_size
