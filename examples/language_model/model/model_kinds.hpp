// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "model/byte_model.hpp"
#include "model/model_settings.hpp"

namespace language_model {

/// A model with its first parameters. Throws `usage_error` if its shape was not compiled.
template <template <int Heads, int HeadDim> typename Variant>
std::unique_ptr<byte_model> make_model(const model_settings& settings);

/// One of the compared models.
struct model_kind {
  std::string_view name;
  std::unique_ptr<byte_model> (*make)(const model_settings& settings);
};

/// All of them, in the order in which they are trained and shown.
std::span<const model_kind> model_kinds();

/// The kind of that name. Throws `usage_error` if there is none.
const model_kind& model_kind_named(std::string_view name);

}  // namespace language_model
