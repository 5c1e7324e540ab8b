// SPDX-License-Identifier: Apache-2.0
#include "training/safetensors.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace language_model {
namespace {

safetensors some_contents() {
  safetensors contents;
  contents.metadata = {{"step", "12"}, {"text", "with \"quotes\" and \n"}};
  contents.tensors["matrix"] = {{2, 3}, {1, 2, 3, 4, 5, -6.5F}};
  contents.tensors["gain"] = {{2}, {0.25F, 1e-30F}};
  contents.tensors["nothing"] = {{0, 4}, {}};
  return contents;
}

std::string with_header(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

TEST_CASE("what is written is read again") {
  const safetensors before = some_contents();
  const safetensors after = from_bytes(to_bytes(before));
  CHECK(after.metadata == before.metadata);
  REQUIRE(after.tensors.size() == 3);
  for (const auto& [name, tensor] : before.tensors) {
    CHECK(after.tensors.at(name).shape == tensor.shape);
    CHECK(after.tensors.at(name).values == tensor.values);
  }
}

TEST_CASE("the bytes are those of the format") {
  safetensors contents;
  contents.tensors["x"] = {{1}, {1.0F}};
  const std::string header = R"({"x":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}})";
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  CHECK(to_bytes(contents) == with_header(padded, std::string("\x00\x00\x80\x3f", 4)));
}

TEST_CASE("no beginning of a file is taken for the whole") {
  const std::string bytes = to_bytes(some_contents());
  for (std::size_t length = 0; length < bytes.size(); ++length)
    CHECK_THROWS_AS(from_bytes(std::string_view(bytes).substr(0, length)), malformed_safetensors);
  CHECK_THROWS_AS(from_bytes(bytes + "x"), malformed_safetensors);
}

TEST_CASE("files of other kinds are refused") {
  const std::string four(4, '\0');
  const auto refused = [](const std::string& bytes) { CHECK_THROWS_AS(from_bytes(bytes), malformed_safetensors); };
  refused("#!/bin/sh\necho this is a script, and its first eight bytes are a very long length\n");
  refused(with_header("[]", ""));
  refused(with_header("{", ""));
  refused(with_header(R"({"x":5})", four));
  refused(with_header(R"({"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[1]}})", four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", four + four));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", ""));
  refused(with_header(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                      R"("y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                      four));
  refused(with_header(R"({"__metadata__":{"step":12}})", ""));
}

TEST_CASE("an empty list of tensors is a file as well") { CHECK(from_bytes(with_header("{}", "")).tensors.empty()); }

}  // namespace
}  // namespace language_model
