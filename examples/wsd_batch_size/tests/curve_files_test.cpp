// SPDX-License-Identifier: Apache-2.0
#include "input/curve_files.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "input_texts.hpp"

namespace wsd_batch_size {
namespace {

using numbers = std::vector<double>;
using sentences = std::vector<std::string>;

TEST_CASE("rows of all runs come apart, ordered by batch and name, repeats among them") {
  const curve_data data = read_curves(
      "run,step,tokens,loss\n"
      "wide,1,8,4\nb,1,2,5\nwide,2,16,3.5\nb,2,4,4.5\n\"a, first\",1,2,5.5\n\"a, first\",2,4,4.75\n");
  REQUIRE(data.runs.size() == 3);
  CHECK(data.runs[0].curve.run == "a, first");
  CHECK(data.runs[1].curve.run == "b");
  CHECK(data.runs[2].curve.run == "wide");
  CHECK(data.runs[1].curve.batch == 2);
  CHECK(data.runs[2].curve.batch == 8);
  CHECK(data.runs[2].curve.steps == numbers{1, 2});
  CHECK(data.runs[2].curve.losses == numbers{4, 3.5});
  CHECK(!data.runs[0].learning_rate);
  CHECK(data.runs[0].notes.empty());
  CHECK(data.notes.empty());
}

TEST_CASE("files without a column of runs are one run each, named after the file") {
  const std::string text = "step,tokens,loss\n1,2,3\n2,4,2\n";
  const auto data =
      std::get<curve_data>(read_texts({{"x/small.csv", text}, {"y/small.csv", text}, {"tiny.log.csv", text}}));
  REQUIRE(data.runs.size() == 3);
  CHECK(data.runs[0].curve.run == "small");
  CHECK(data.runs[1].curve.run == "tiny.log");
  CHECK(data.runs[2].curve.run == "y/small.csv");
}

TEST_CASE("a run may go on in the next file") {
  const auto data = std::get<curve_data>(read_texts(
      {{"1.csv", "run,step,tokens,loss\na,1,2,3\na,2,4,2\n"}, {"2.csv", "name,step,tokens,loss\na,3,6,1\n"}}));
  REQUIRE(data.runs.size() == 1);
  CHECK(data.runs[0].curve.steps == numbers{1, 2, 3});
  CHECK(data.notes == sentences{"run a goes on in 2.csv."});
}

TEST_CASE("a run that has the name of a file is another run") {
  const auto data = std::get<curve_data>(read_texts(
      {{"a.csv", "step,tokens,loss\n1,2,3\n2,4,2\n"}, {"b.csv", "run,step,tokens,loss\na,1,2,3\na,2,4,2\n"}}));
  CHECK(data.runs.size() == 2);
  CHECK(data.notes.empty());
}

TEST_CASE("numbers have suffixes") {
  const curve_data data = read_curves("step,tokens,loss,lr\n1K,1000M,3,3e-4\n2K,2B,2.5,3e-4\n3K,3B,2.4,3e-4\n");
  CHECK(data.runs.at(0).curve.batch == 1e6);
  CHECK(data.runs[0].curve.steps == numbers{1000, 2000, 3000});
  CHECK(data.runs[0].learning_rate == 3e-4);
}

TEST_CASE("notes tell what became of lines") {
  const curve_data data = read_curves(
      "step,tokens,loss,lr\n"
      "1,10,9,0.1\n2,20,8,1\n3,30,7,1\n4,40,6,1\n3,30,6.5,1\n4,40,,1\n5,50,nan,1\n6,60,inf,1\n7,70,5,1\n"
      "7,70,4.5,1\n8,80,4.25,0.5\n9,90,4,0.25\n");
  REQUIRE(data.runs.size() == 1);
  CHECK(data.runs[0].curve.steps == numbers{2, 3, 7});
  CHECK(data.runs[0].curve.losses == numbers{8, 6.5, 4.5});
  CHECK(data.runs[0].learning_rate == 1);
  CHECK(data.runs[0].notes ==
        sentences{"run log: it was restarted 1 time, 2 earlier lines from there on are left out.",
                  "run log: 3 lines without a finite loss are left out.",
                  "run log: 1 line of repeated steps is left out, the last one stays.",
                  "run log: 1 line of warm-up and 2 lines of decay are left out: the learning rate is 1 from step 2 to "
                  "step 7."});
}

TEST_CASE("shuffled lines are sorted") {
  const curve_data data = read_curves("step,tokens,loss\n5,50,1\n4,40,2\n3,30,3\n2,20,4\n1,10,5\n");
  CHECK(data.runs.at(0).curve.losses == numbers{5, 4, 3, 2, 1});
  CHECK(data.runs[0].notes == sentences{"run log: the lines are in no order, they were sorted by step."});
}

TEST_CASE("phases are stable or constant, in letters of any case") {
  const curve_data data = read_curves(
      "step,tokens,loss,phase,lr\n1,1,5,warmup,1\n2,2,4,stable,2\n3,3,3,Constant,2\n4,4,2,,3\n5,5,1,decay,1\n");
  CHECK(data.runs.at(0).curve.steps == numbers{2, 3, 4});
  CHECK(data.runs[0].learning_rate == 2);
  CHECK(data.runs[0].notes == sentences{"run log: 2 lines outside the stable phase are left out.",
                                        "run log: its learning rate is not constant in the stable phase."});
}

TEST_CASE("runs that began with another batch are told of") {
  CHECK(read_curves("step,tokens,loss\n0.5,100,2\n1,150,2\n").runs.at(0).notes.empty());
  const curve_data data = read_curves("step,tokens,loss\n100,500,2\n200,1500,1\n300,2500,1\n");
  CHECK(data.runs.at(0).curve.batch == 10);
  CHECK(data.runs[0].notes ==
        sentences{"run log: step 100 stands at 500 tokens, not at batch times step, 1000, as after steps of another "
                  "batch; the tokens of a loss are taken as batch times step."});
}

TEST_CASE("runs that are of no use are left out") {
  const std::string text =
      "run,step,tokens,loss,lr\n"
      "good,1,10,3,1\ngood,2,20,2,1\n"
      "ramp,1,10,3,1\nramp,2,20,2,1\nramp,3,40,1,1\n"
      "short,1,10,3,1\n"
      "blank,1,10,,1\n"
      "cosine,1,10,3,1\ncosine,2,20,2,2\ncosine,3,30,1,3\n"
      "still,1,10,3,1\nstill,2,10,2,1\n";
  const curve_data data = read_curves(text);
  CHECK(data.runs.size() == 1);
  CHECK(data.notes == sentences{"run ramp is left out: its batch varies from 10 to 20 tokens per step.",
                                "run short is left out: it has only 1 line.",
                                "run blank is left out: no line has a finite loss.",
                                "run cosine is left out: it has only 1 line in the stable phase.",
                                "run still is left out: its tokens do not grow with its steps."});
}

TEST_CASE("if no run is of use, the first one tells why") {
  const std::string needed = ", needed: a run of one batch size and one learning rate with finite losses";
  CHECK(refusal_of("step,tokens,loss\n1,10,3\n2,20,2\n3,40,1\n") ==
        "log.csv:2:1: run log is left out: its batch varies from 10 to 20 tokens per step" + needed);
  CHECK(refusal_of("run,step,tokens,loss\na,1,10,3\nb,1,10,3\nc,1,10,3\n") ==
        "log.csv:2:1: run a is left out: it has only 1 line (and 2 other runs)" + needed);
}

TEST_CASE("lines of step 0 are left out, and a file of nothing else is refused") {
  const curve_data data = read_curves("run,step,tokens,loss\na,0,0,9\na,1,8,3\na,2,16,2\n");
  REQUIRE(data.runs.size() == 1);
  CHECK(data.runs[0].curve.steps == headwise::wsd::numbers{1, 2});
  REQUIRE(data.notes.size() == 1);
  CHECK(data.notes[0] == "1 line of step 0 left out: nothing is trained there.");
  const std::string nothing = ": no line is behind step 0, needed: lines of training";
  CHECK(refusal_of("run,step,tokens,loss\na,0,0,9\n") == "log.csv:2:3" + nothing);
  CHECK(refusal_of("step,tokens,loss\n0,0,9\n") == "log.csv:2:1" + nothing);
}

}  // namespace
}  // namespace wsd_batch_size
