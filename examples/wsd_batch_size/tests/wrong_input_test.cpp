// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "input/line_reader.hpp"
#include "input_texts.hpp"

namespace wsd_batch_size {
namespace {

const std::string curve_header = "step,tokens,loss,learning_rate\n";
const std::string point_header = "batch,samples,lr,reached\n";

TEST_CASE("texts that are no table") {
  CHECK(refusal_of("") == "log.csv:1:1: the file is empty, needed: a header and a line for each step or run");
  CHECK(refusal_of("\xef\xbb\xbf") == refusal_of(""));
  CHECK(refusal_of("# only\n\n# comments\n") ==
        "log.csv:3:1: the file is empty, needed: a header and a line for each step or run");
  CHECK(refusal_of("\n" + curve_header + "# rows to come\n") ==
        "log.csv:2:1: nothing follows the header, needed: a line for each step");
  CHECK(refusal_of(point_header) == "log.csv:1:1: nothing follows the header, needed: a line for each run");
}

TEST_CASE("headers") {
  CHECK(refusal_of("time,loss\n1,2\n") ==
        "log.csv:1:1: the columns are \"time\", \"loss\", needed: step, tokens and loss of curves, or batch_size and "
        "tokens or samples of points");
  read_settings chosen;
  chosen.loss_column = "ce";
  CHECK(refusal_of("step,tokens,loss\n1,2,3\n", chosen).find("needed: step, tokens and \"ce\" of curves") !=
        std::string::npos);
  CHECK(refusal_of("a,b,c,d,e,f,g,h,i,j,k,l,m,n\n").find("\"l\" and 2 more, needed") != std::string::npos);
  CHECK(refusal_of("\"\xe2\x80\xae" + std::string(100, 'x') + "\"\n1\n")
            .starts_with("log.csv:1:1: the columns are \"\\xe2\\x80\\xae" + std::string(25, 'x') + "...\", needed"));
  CHECK(refusal_of("step,tokens,loss,Step\n1,1,1,1\n") ==
        "log.csv:1:18: the columns \"step\" and \"Step\" mean the same, needed: one of them");
  CHECK(refusal_of("step,tokens,loss,loss\n1,1,1,1\n").find("mean the same") != std::string::npos);
  CHECK(refusal_of("step,tokens,loss,lr,learning_rate\n").find("mean the same") != std::string::npos);
  CHECK(refusal_of("batch,tokens,samples\n1,1,1\n") ==
        "log.csv:1:14: the columns \"tokens\" and \"samples\" mean the same, needed: one of them");
}

TEST_CASE("rows of another length than the header") {
  CHECK(refusal_of(curve_header + "1,2,3\n") == "log.csv:2:6: the line has 3 fields, needed: 4, as many as the header");
  CHECK(refusal_of(curve_header + "1,2,3,4,5,6\n") ==
        "log.csv:2:9: the line has 6 fields, needed: 4, as many as the header");
}

TEST_CASE("fields that are not what they should be") {
  const std::string needed = ", needed: a positive number such as 1000, 2.5e6 or 64K";
  CHECK(refusal_of(curve_header + "x,2,3,4\n") == "log.csv:2:1: the column \"step\" is \"x\"" + needed);
  CHECK(refusal_of(curve_header + "1, ,3,4\n") == "log.csv:2:3: the column \"tokens\" is empty" + needed);
  CHECK(refusal_of(curve_header + "1, -2,3,4\n") == "log.csv:2:4: the column \"tokens\" is \"-2\"" + needed);
  CHECK(refusal_of(curve_header + "-1,2,3,4\n") == "log.csv:2:1: the column \"step\" is \"-1\"" + needed);
  CHECK(refusal_of(curve_header + "nan,2,3,4\n") == "log.csv:2:1: the column \"step\" is \"nan\"" + needed);
  CHECK(refusal_of(curve_header + "1,inf,3,4\n") == "log.csv:2:3: the column \"tokens\" is \"inf\"" + needed);
  CHECK(refusal_of(curve_header + "1,1e400,3,4\n") ==
        "log.csv:2:3: the column \"tokens\" is \"1e400\", beyond the range of a double" + needed);
  CHECK(refusal_of(curve_header + "1,2,low,4\n") ==
        "log.csv:2:5: the column \"loss\" is \"low\", needed: a number, nothing or nan");
  CHECK(
      refusal_of(curve_header + "1,2,1e400,4\n") ==
      "log.csv:2:5: the column \"loss\" is \"1e400\", beyond the range of a double, needed: a number, nothing or nan");
  CHECK(
      refusal_of(curve_header + "1,2,3,-4\n") ==
      "log.csv:2:7: the column \"learning_rate\" is \"-4\", needed: a learning rate such as 0.001 or 3e-4, or nothing");
  CHECK(refusal_of(curve_header + "1,2,3,inf\n").find("needed: a learning rate") != std::string::npos);
  CHECK(refusal_of(point_header + "0,8,,1\n") == "log.csv:2:1: the column \"batch\" is \"0\"" + needed);
  CHECK(refusal_of(point_header + "8,-8,,1\n") == "log.csv:2:3: the column \"samples\" is \"-8\"" + needed);
  CHECK(refusal_of(point_header + "8,nan,,1\n") == "log.csv:2:3: the column \"samples\" is \"nan\"" + needed);
  CHECK(refusal_of(point_header + "8,80,x,1\n").find("needed: a learning rate") != std::string::npos);
  CHECK(refusal_of(point_header + "8,80,0,1\n") == "log.csv:2:6: the column \"lr\" is \"0\"" + needed);
  CHECK(refusal_of(point_header + "8,80,,maybe\n") ==
        "log.csv:2:7: the column \"reached\" is \"maybe\", needed: 1, 0, true or false");
  CHECK(refusal_of(point_header + "80,8,,1\n") ==
        "log.csv:2:4: \"8\" samples make less than one step of batch \"80\", needed: both in samples");
  CHECK(refusal_of(point_header + "1e-300,1e300,,1\n").find("too many steps") != std::string::npos);
}

TEST_CASE("what is no text") {
  CHECK(refusal_of(curve_header + std::string("1,2\0,3,4\n", 9)) ==
        "log.csv:2:4: the byte \"\\x00\" is not text, needed: a CSV file in UTF-8");
  CHECK(refusal_of("\x1f\x8b\x08") == "log.csv:1:1: the byte \"\\x1f\" is not text, needed: a CSV file in UTF-8");
  CHECK(refusal_of(std::string("\xff\xfes\0t\0", 6)).find("is not text") != std::string::npos);
  CHECK(refusal_of("step,tokens,loss\r1,2,3\r").find("\"\\x0d\" is not text") != std::string::npos);
}

TEST_CASE("quotes") {
  CHECK(refusal_of(curve_header + "1,\"2,3,4\n1,2,3,4\n") ==
        "log.csv:2:3: the quote does not end, needed: another one in the same line");
  CHECK(refusal_of(curve_header + "1,\"2\"\",3,4\n").find("the quote does not end") != std::string::npos);
  CHECK(refusal_of(curve_header + "1,\"2\"0,3,4\n") ==
        "log.csv:2:6: text follows the end of a quote, needed: quotes doubled inside a field in quotes");
}

TEST_CASE("lines and files beyond all measure") {
  const std::string message = ":1: the line is longer than 64 KiB, needed: a CSV file with a line for each step or run";
  CHECK(refusal_of(std::string(line_reader::longest_line + 1, 'x') + "\n") == "log.csv:1" + message);
  CHECK(refusal_of(curve_header + std::string(1000000, ',')) == "log.csv:2" + message);
  CHECK(refusal_of(curve_header + "#" + std::string(line_reader::longest_line, ' ') + "\n") == "log.csv:2" + message);
  read_settings settings;
  settings.most_rows = 2;
  CHECK(refusal_of(curve_header + "1,1,1,1\n2,2,2,1\n3,3,3,1\n", settings) ==
        "log.csv:4:1: there are more rows than 2, needed: fewer, such as every tenth step");
  CHECK(refusal_of({{"a.csv", "batch,tokens\n1,1\n2,2\n"}, {"b.csv", "batch,tokens\n1,1\n"}}, settings)
            .starts_with("b.csv:2:1: there are more rows than 2"));
}

TEST_CASE("files that do not belong together") {
  const std::string curve = "step,tokens,loss\n1,2,3\n2,4,3\n";
  CHECK(refusal_of({{"a.csv", curve}, {"b.csv", "batch,tokens\n1,2\n"}}) ==
        "b.csv:1:1: the file has points, needed: curves as in a.csv, files of one kind");
  CHECK(refusal_of({{"a.csv", "batch,tokens\n1,2\n"}, {"b.csv", "batch,samples\n1,2\n"}}) ==
        "b.csv:1:7: the unit is samples, needed: tokens as in a.csv, files of one unit");
}

}  // namespace
}  // namespace wsd_batch_size
