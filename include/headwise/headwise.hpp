// SPDX-License-Identifier: Apache-2.0
#pragma once

// All that needs nothing but a C++20 compiler: policies, variants, the reference, and the layer, which runs on any
// backend, the reference among them.

#include "headwise/attention_variant.hpp"
#include "headwise/core/error.hpp"
#include "headwise/core/head_view.hpp"
#include "headwise/core/token_view.hpp"
#include "headwise/layer/attention_layer.hpp"
#include "headwise/layer/attention_parameters.hpp"
#include "headwise/layer/kv_cache.hpp"
#include "headwise/named_variants.hpp"
#include "headwise/reference/reference_backend.hpp"
#include "headwise/version.hpp"
