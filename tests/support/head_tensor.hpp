// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/head_view.hpp"
#include "support/random.hpp"

namespace headwise::test {

/// How the vectors of a tensor lie in memory.
enum class head_layout {
  batch_token_head,  ///< contiguous
  batch_head_token,  ///< contiguous, heads outside of tokens
  token_batch_head,  ///< contiguous, tokens outside of the batch
  packed_rows,       ///< a part of a wider row per token, as in a packed projection
  padded_rows,       ///< gaps behind every head, token and sequence, of odd sizes
  shifted_by_one,    ///< contiguous, one element behind an aligned address
  reversed_tokens,   ///< the last token first, that is, a negative stride
  shared_by_batch,   ///< one sequence for the whole batch (stride 0); inputs only
  shared_by_tokens,  ///< one token for the whole sequence (stride 0); inputs only
  shared_by_heads,   ///< one head for all (stride 0); inputs only
};

inline constexpr head_layout output_layouts[] = {
    head_layout::batch_token_head, head_layout::batch_head_token, head_layout::token_batch_head,
    head_layout::packed_rows,      head_layout::padded_rows,      head_layout::shifted_by_one,
    head_layout::reversed_tokens,
};

/// The strides of a layout, and the elements that its storage holds.
struct head_strides {
  std::int64_t offset;
  std::int64_t batch;
  std::int64_t token;
  std::int64_t head;
  std::int64_t size;
};

inline head_strides strides_of(head_layout layout, std::int64_t batch, std::int64_t tokens, std::int64_t heads,
                               std::int64_t dim) {
  const std::int64_t row = heads * dim;
  switch (layout) {
    case head_layout::batch_token_head:
      return {0, tokens * row, row, dim, batch * tokens * row};
    case head_layout::batch_head_token:
      return {0, tokens * row, dim, tokens * dim, batch * tokens * row};
    case head_layout::token_batch_head:
      return {0, row, batch * row, dim, batch * tokens * row};
    case head_layout::packed_rows:
      return {row, tokens * 3 * row, 3 * row, dim, batch * tokens * 3 * row};
    case head_layout::padded_rows: {
      const std::int64_t head = dim + 3;
      const std::int64_t token = heads * head + 5;
      const std::int64_t sequence = tokens * token + 7;
      return {0, sequence, token, head, batch * sequence};
    }
    case head_layout::shifted_by_one:
      return {1, tokens * row, row, dim, batch * tokens * row + 1};
    case head_layout::reversed_tokens:
      return {tokens == 0 ? 0 : (tokens - 1) * row, tokens * row, -row, dim, batch * tokens * row};
    case head_layout::shared_by_batch:
      return {0, 0, row, dim, tokens * row};
    case head_layout::shared_by_tokens:
      return {0, row, 0, dim, batch * row};
    case head_layout::shared_by_heads:
      return {0, tokens * dim, dim, 0, batch * tokens * dim};
  }
  return {};
}

/// An owning tensor [batch][tokens][Heads][Dim] in a layout. Whatever of its memory belongs to no vector holds `gap`.
template <typename T, int Heads, int Dim>
class head_tensor {
 public:
  head_tensor(std::int64_t batch, std::int64_t tokens, head_layout layout = head_layout::batch_token_head, T gap = T(0))
      : batch_(batch),
        tokens_(tokens),
        strides_(strides_of(layout, batch, tokens, Heads, Dim)),
        storage_(static_cast<std::size_t>(strides_.size), gap) {
    fill(T(0));
  }

  head_view<T, Heads, Dim> view() { return view_of(storage_.data()); }
  head_view<const T, Heads, Dim> view() const { return view_of(storage_.data()); }
  std::vector<T>& storage() { return storage_; }
  const std::vector<T>& storage() const { return storage_; }

  std::int64_t batch() const { return batch_; }
  std::int64_t tokens() const { return tokens_; }
  T& at(std::int64_t b, std::int64_t n, std::int64_t h, std::int64_t d) { return view().row(b, n, h)[d]; }
  T at(std::int64_t b, std::int64_t n, std::int64_t h, std::int64_t d) const { return view().row(b, n, h)[d]; }

  /// Sets every element of every vector, and no gap.
  void fill(T value) {
    for_each([&](T& element) { element = value; });
  }
  void fill(random_numbers& random) {
    for_each([&](T& element) { element = static_cast<T>(random.normal()); });
  }

  /// Calls `visit(element)` in the order [batch][token][head][feature], whatever the layout.
  template <typename Visit>
  void for_each(const Visit& visit) {
    for (std::int64_t b = 0; b < batch_; ++b)
      for (std::int64_t n = 0; n < tokens_; ++n)
        for (int h = 0; h < Heads; ++h) std::for_each_n(view().row(b, n, h), Dim, visit);
  }

 private:
  template <typename Element>
  head_view<Element, Heads, Dim> view_of(Element* data) const {
    return {data + strides_.offset, batch_, tokens_, strides_.batch, strides_.token, strides_.head};
  }

  std::int64_t batch_;
  std::int64_t tokens_;
  head_strides strides_;
  std::vector<T> storage_;
};

/// The elements of a view, in the order [batch][token][head][feature].
template <typename T, int Heads, int Dim>
std::vector<std::remove_const_t<T>> values_of(const head_view<T, Heads, Dim>& view) {
  std::vector<std::remove_const_t<T>> values;
  for (std::int64_t b = 0; b < view.batch; ++b)
    for (std::int64_t n = 0; n < view.tokens; ++n)
      for (int h = 0; h < Heads; ++h) values.insert(values.end(), view.row(b, n, h), view.row(b, n, h) + Dim);
  return values;
}

template <typename T, int Heads, int Dim>
std::vector<T> values_of(const head_tensor<T, Heads, Dim>& tensor) {
  return values_of(tensor.view());
}

/// A number in another type.
template <typename To, typename From>
To converted(From value) {
  return static_cast<To>(static_cast<sum_type<To>>(value));
}

/// Copies the elements of one tensor to another of the same shape, whatever their layouts and number types.
template <typename From, typename To, int Heads, int Dim>
void copy_values(const head_tensor<From, Heads, Dim>& from, head_tensor<To, Heads, Dim>& to) {
  std::size_t next = 0;
  const std::vector<From> values = values_of(from);
  to.for_each([&](To& element) { element = converted<To>(values[next++]); });
}

/// The same elements in another number type, contiguous.
template <typename To, typename From, int Heads, int Dim>
head_tensor<To, Heads, Dim> converted(const head_tensor<From, Heads, Dim>& from) {
  head_tensor<To, Heads, Dim> to(from.batch(), from.tokens());
  copy_values(from, to);
  return to;
}

template <typename To, typename From>
std::vector<To> converted(const std::vector<From>& from) {
  std::vector<To> to;
  to.reserve(from.size());
  for (const From value : from) to.push_back(converted<To>(value));
  return to;
}

/// A random contiguous tensor.
template <typename T, int Heads, int Dim>
head_tensor<T, Heads, Dim> random_tensor(std::int64_t batch, std::int64_t tokens, random_numbers& random) {
  head_tensor<T, Heads, Dim> tensor(batch, tokens);
  tensor.fill(random);
  return tensor;
}

}  // namespace headwise::test
