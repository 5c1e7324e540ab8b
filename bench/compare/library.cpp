// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <cstddef>
#include <exception>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "operation.hpp"

namespace {

const std::vector<bench::operation>& operations() {
  static const std::vector<bench::operation> all = [] {
    std::vector<bench::operation> found;
    for (auto part : {bench::forward_operations(), bench::backward_operations(), bench::decode_operations()})
      found.insert(found.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
    return found;
  }();
  return all;
}

const bench::operation& operation_at(int index) { return operations()[static_cast<std::size_t>(index)]; }

}  // namespace

int headwise_operation_count() { return static_cast<int>(operations().size()); }

const char* headwise_operation_name(int index) { return operation_at(index).name.c_str(); }

void headwise_set_threads([[maybe_unused]] int threads) {
#if defined(_OPENMP)
  omp_set_num_threads(threads);
#endif
}

const char* headwise_run(int index, const headwise_call* call) {
  static headwise::host_workspace scratch;
  static std::string error;
  try {
    operation_at(index).run(*call, scratch);
    return nullptr;
  } catch (const std::exception& e) {
    error = e.what();
    return error.c_str();
  }
}
