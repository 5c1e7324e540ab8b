// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <exception>
#include <string>

#include "operation.cuh"

namespace {

std::string& last_error() {
  static std::string text;
  return text;
}

template <typename Work>
const char* tell_errors(const Work& work) {
  try {
    work();
    return nullptr;
  } catch (const std::exception& e) {
    last_error() = e.what();
    return last_error().c_str();
  }
}

const bench::operation& operation_at(int index) { return bench::operations()[static_cast<std::size_t>(index)]; }

}  // namespace

int headwise_operation_count() { return static_cast<int>(bench::operations().size()); }

const char* headwise_operation_name(int index) { return operation_at(index).name; }

void headwise_operation_shape(int index, int* shape) {
  const bench::operation& it = operation_at(index);
  shape[0] = it.query_heads;
  shape[1] = it.component_heads;
  shape[2] = it.composite_heads;
  shape[3] = it.head_dim;
}

const char* headwise_workspace_bytes(int index, const headwise_call* call, std::size_t* bytes) {
  return tell_errors([&] {
    *bytes = headwise::cuda_workspace::bytes_for(
        [&](headwise::cuda_workspace& workspace) { operation_at(index).run(*call, workspace); });
  });
}

const char* headwise_open(void* stream, void* memory, std::size_t bytes, void** workspace) {
  return tell_errors([&] {
    *workspace = new headwise::cuda_workspace(static_cast<headwise::cuda::stream>(stream),
                                              {static_cast<std::byte*>(memory), bytes});
  });
}

void headwise_close(void* workspace) { delete static_cast<headwise::cuda_workspace*>(workspace); }

const char* headwise_run(void* workspace, int index, const headwise_call* call) {
  return tell_errors([&] { operation_at(index).run(*call, *static_cast<headwise::cuda_workspace*>(workspace)); });
}
