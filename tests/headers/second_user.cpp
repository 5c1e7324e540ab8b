// SPDX-License-Identifier: Apache-2.0
#include "all_headers.hpp"
#include "use_layer.hpp"

float second_user();
float second_user() { return use_layer(); }
