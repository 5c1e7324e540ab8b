// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "headwise/core/error.hpp"
#include "support/compare.hpp"

namespace headwise::test {

/// Whether a call is refused with exactly this sentence.
template <typename Call>
verdict refuses(const Call& call, const std::string& argument, const std::string& given, const std::string& needed) {
  try {
    call();
  } catch (const error& e) {
    return {e.argument() == argument && e.given() == given && e.needed() == needed, e.what()};
  }
  return {false, "nothing was thrown"};
}

}  // namespace headwise::test
