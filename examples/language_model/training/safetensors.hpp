// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace language_model {

/// Named tensors of 32-bit floats, and texts about them, as a safetensors file holds them.
struct safetensors {
  struct tensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
  };
  std::map<std::string, std::string> metadata;
  std::map<std::string, tensor> tensors;
};

/// Bytes that are not a safetensors file of 32-bit floats; says what is wrong with them.
struct malformed_safetensors : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The format: the length of the header as 8 little-endian bytes, the header as a JSON object, then the tensors. Equal
/// contents give equal bytes.
std::string to_bytes(const safetensors& contents);

/// Throws `malformed_safetensors`, having checked that header and tensors account for every byte.
safetensors from_bytes(std::string_view bytes);

}  // namespace language_model
