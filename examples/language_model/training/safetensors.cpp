// SPDX-License-Identifier: Apache-2.0
#include "training/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

namespace language_model {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors are copied to and from little-endian files");

using nlohmann::json;

constexpr std::size_t length_bytes = 8;
constexpr const char* metadata_key = "__metadata__";

void require(bool holds, const std::string& problem) {
  if (!holds) throw malformed_safetensors(problem);
}

/// Where a tensor lies among the data.
struct extent {
  std::uint64_t begin;
  std::uint64_t end;
  bool operator<(const extent& other) const { return std::tie(begin, end) < std::tie(other.begin, other.end); }
};

json parse_header(std::string_view bytes) {
  require(bytes.size() >= length_bytes, "it is shorter than the length of its header");
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), length_bytes);
  require(length <= bytes.size() - length_bytes, "it ends before its header does");
  json header = json::parse(bytes.substr(length_bytes, length), nullptr, /*allow_exceptions=*/false);
  require(header.is_object(), "its header is not a JSON object");
  return header;
}

std::vector<std::int64_t> shape_of(const std::string& name, const json& description) {
  require(description.is_object() && description.value("dtype", json()) == "F32",
          "tensor " + name + " does not hold 32-bit floats");
  const json shape = description.value("shape", json());
  require(
      shape.is_array() && std::all_of(shape.begin(), shape.end(), [](const json& n) { return n.is_number_unsigned(); }),
      "tensor " + name + " has no shape");
  return shape.get<std::vector<std::int64_t>>();
}

extent extent_of(const std::string& name, const json& description) {
  const json offsets = description.value("data_offsets", json());
  require(
      offsets.is_array() && offsets.size() == 2 && offsets[0].is_number_unsigned() && offsets[1].is_number_unsigned(),
      "tensor " + name + " has no place");
  return {offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
}

/// Bytes of a tensor of this shape; more than `most` counts as `most` + 1, so that nothing overflows.
std::uint64_t bytes_of_shape(const std::vector<std::int64_t>& shape, std::uint64_t most) {
  std::uint64_t bytes = sizeof(float);
  for (const std::int64_t count : shape) {
    const auto n = static_cast<std::uint64_t>(count);
    if (n != 0 && bytes > most / n) return most + 1;
    bytes *= n;
  }
  return bytes;
}

}  // namespace

std::string to_bytes(const safetensors& contents) {
  json header = json::object();
  if (!contents.metadata.empty()) header[metadata_key] = contents.metadata;
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : contents.tensors) {
    const std::uint64_t begin = std::exchange(end, end + tensor.values.size() * sizeof(float));
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // keeps the tensors aligned

  std::string bytes(length_bytes, '\0');
  const std::uint64_t length = text.size();
  std::memcpy(bytes.data(), &length, length_bytes);
  bytes.reserve(length_bytes + text.size() + end);
  bytes += text;
  for (const auto& [name, tensor] : contents.tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size() * sizeof(float));
  return bytes;
}

safetensors from_bytes(std::string_view bytes) {
  const json header = parse_header(bytes);
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, bytes.data(), length_bytes);
  const std::string_view data = bytes.substr(length_bytes + header_length);

  safetensors contents;
  std::vector<extent> used;
  for (const auto& [name, description] : header.items()) {
    if (name == metadata_key) {
      require(description.is_object(), "its metadata is not an object");
      for (const auto& [key, text] : description.items()) {
        require(text.is_string(), "its metadata " + key + " is not a text");
        contents.metadata[key] = text.get<std::string>();
      }
      continue;
    }
    const std::vector<std::int64_t> shape = shape_of(name, description);
    const extent place = extent_of(name, description);
    require(place.begin <= place.end && place.end <= data.size(), "it ends before tensor " + name + " does");
    require(place.end - place.begin == bytes_of_shape(shape, data.size()), "the shape of tensor " + name + " is wrong");
    std::vector<float> values((place.end - place.begin) / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), data.data() + place.begin, place.end - place.begin);
    contents.tensors[name] = {shape, std::move(values)};
    used.push_back(place);
  }

  std::sort(used.begin(), used.end());
  std::uint64_t end = 0;
  for (const extent& place : used) {
    require(place.begin == end, "its tensors overlap or leave gaps");
    end = place.end;
  }
  require(end == data.size(), "there are bytes behind its tensors");
  return contents;
}

}  // namespace language_model
