// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include "headwise/core/half_precision.hpp"
#include "headwise/core/host_device.hpp"
#include "headwise/core/policy_slot.hpp"
#include "headwise/policies/head_map.hpp"

namespace headwise {

// A mixing kind is a parametrisation of the matrix W [C][G] of head-level linear composition (MEA, eq. 10-11),
// composite[g] = sum_c W[c][g] component[c]. It tells its number of parameters, forms W from them, carries the gradient
// of W back to them and gives them their first values. Operations see only W.

/// No mixing: composite heads are the component heads.
struct no_mixing {
  static constexpr bool mixes = false;
  template <int Components, int Composites>
  static constexpr int parameters = 0;
};

/// W itself is learned, one number per pair of heads (HLC).
struct linear_mixing {
  static constexpr bool mixes = true;
  template <int Components, int Composites>
  static constexpr int parameters = Components* Composites;

  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void form(const Real* parameter, Real* weight) {
    for (int i = 0; i < Components * Composites; ++i) weight[i] = parameter[i];
  }
  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void backward(const Real* /*parameter*/, const Real* weight_gradient,
                                            Real* parameter_gradient) {
    for (int i = 0; i < Components * Composites; ++i)
      parameter_gradient[i] = Real(sum_type<Real>(parameter_gradient[i]) + sum_type<Real>(weight_gradient[i]));
  }
  /// The identity where C = G; otherwise every composite head starts as one component head in block order, and where
  /// several components meet in one composite their weights are 1/sqrt(count), which keeps the variance.
  template <int Components, int Composites, typename Real>
  static void initialize(Real* parameter) {
    for (int i = 0; i < Components * Composites; ++i) parameter[i] = Real(0);
    if (Components <= Composites) {
      for (int g = 0; g < Composites; ++g)
        parameter[block_head_map::composite_head(g, Composites, Components) * Composites + g] = Real(1);
    } else {
      int count[static_cast<unsigned>(Composites)] = {};
      for (int c = 0; c < Components; ++c) ++count[block_head_map::composite_head(c, Components, Composites)];
      for (int c = 0; c < Components; ++c) {
        const int g = block_head_map::composite_head(c, Components, Composites);
        parameter[c * Composites + g] = Real(sum_type<Real>(1 / std::sqrt(double(count[g]))));
      }
    }
  }
};

/// W = A B^T of rank `Rank`, with the parameters A [C][Rank] followed by B [G][Rank].
template <int Rank>
struct low_rank_mixing {
  static_assert(Rank > 0, "headwise: the rank of low_rank_mixing must be positive, give at least one");
  static constexpr bool mixes = true;
  static constexpr int rank = Rank;
  template <int Components, int Composites>
  static constexpr int parameters = (Components + Composites) * Rank;

  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void form(const Real* parameter, Real* weight) {
    const Real* left = parameter;
    const Real* right = parameter + Components * Rank;
    for (int c = 0; c < Components; ++c)
      for (int g = 0; g < Composites; ++g) {
        sum_type<Real> sum = 0;
        for (int r = 0; r < Rank; ++r) sum += sum_type<Real>(left[c * Rank + r]) * sum_type<Real>(right[g * Rank + r]);
        weight[c * Composites + g] = Real(sum);
      }
  }
  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void backward(const Real* parameter, const Real* weight_gradient,
                                            Real* parameter_gradient) {
    const Real* left = parameter;
    const Real* right = parameter + Components * Rank;
    Real* left_gradient = parameter_gradient;
    Real* right_gradient = parameter_gradient + Components * Rank;
    const auto product = [&](int c, int g, Real factor) {
      return sum_type<Real>(weight_gradient[c * Composites + g]) * sum_type<Real>(factor);
    };
    for (int r = 0; r < Rank; ++r) {
      for (int c = 0; c < Components; ++c) {
        sum_type<Real> sum = left_gradient[c * Rank + r];
        for (int g = 0; g < Composites; ++g) sum += product(c, g, right[g * Rank + r]);
        left_gradient[c * Rank + r] = Real(sum);
      }
      for (int g = 0; g < Composites; ++g) {
        sum_type<Real> sum = right_gradient[g * Rank + r];
        for (int c = 0; c < Components; ++c) sum += product(c, g, left[c * Rank + r]);
        right_gradient[g * Rank + r] = Real(sum);
      }
    }
  }
  /// Component and composite heads share the `Rank` directions in block order, so that the layer starts with at most
  /// `Rank` different composite heads.
  template <int Components, int Composites, typename Real>
  static void initialize(Real* parameter) {
    Real* left = parameter;
    Real* right = parameter + Components * Rank;
    linear_mixing::initialize<Components, Rank>(left);
    for (int i = 0; i < Composites * Rank; ++i) right[i] = Real(0);
    for (int g = 0; g < Composites; ++g)
      right[g * Rank + block_head_map::composite_head(g, Composites, Rank)] = Real(1);
  }
};

/// W is given by `Matrix::weight(component, composite)` and never learned: grouped heads as a one-hot matrix, means of
/// heads, or any other constant composition.
template <typename Matrix>
struct fixed_mixing {
  static_assert(
      requires {
        { Matrix::weight(0, 0) } -> std::convertible_to<double>;
      },
      "headwise: fixed_mixing needs static constexpr double weight(int component, int composite), add it");
  static constexpr bool mixes = true;
  template <int Components, int Composites>
  static constexpr int parameters = 0;

  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void form(const Real* /*parameter*/, Real* weight) {
    for (int c = 0; c < Components; ++c)
      for (int g = 0; g < Composites; ++g) weight[c * Composites + g] = Real(sum_type<Real>(Matrix::weight(c, g)));
  }
  template <int Components, int Composites, typename Real>
  HEADWISE_HOST_DEVICE static void backward(const Real* /*parameter*/, const Real* /*weight_gradient*/,
                                            Real* /*parameter_gradient*/) {}
  template <int Components, int Composites, typename Real>
  static void initialize(Real* /*parameter*/) {}
};

/// How composite keys and values are made of component ones. Default: no mixing.
template <typename Kind>
struct head_mixing {
  using slot = slots<key_mixing_slot, value_mixing_slot>;
  using kind = Kind;
};

/// Mixing of keys alone.
template <typename Kind>
struct key_mixing {
  using slot = key_mixing_slot;
  using kind = Kind;
};

/// Mixing of values alone.
template <typename Kind>
struct value_mixing {
  using slot = value_mixing_slot;
  using kind = Kind;
};

/// Composite heads are the component heads. The default.
using no_head_mixing = head_mixing<no_mixing>;
/// HLC of keys and values, each with a matrix of its own.
using linear_head_mixing = head_mixing<linear_mixing>;
/// HLC of keys alone.
using linear_key_mixing = key_mixing<linear_mixing>;
/// HLC of values alone.
using linear_value_mixing = value_mixing<linear_mixing>;
/// Mixing of keys and values by matrices of rank `Rank`.
template <int Rank>
using low_rank_head_mixing = head_mixing<low_rank_mixing<Rank>>;
/// Mixing of keys alone by a matrix of rank `Rank`.
template <int Rank>
using low_rank_key_mixing = key_mixing<low_rank_mixing<Rank>>;
/// Mixing of values alone by a matrix of rank `Rank`.
template <int Rank>
using low_rank_value_mixing = value_mixing<low_rank_mixing<Rank>>;
/// Mixing of keys and values by the constants `Matrix::weight(component, composite)`.
template <typename Matrix>
using fixed_head_mixing = head_mixing<fixed_mixing<Matrix>>;
/// Mixing of keys alone by constants.
template <typename Matrix>
using fixed_key_mixing = key_mixing<fixed_mixing<Matrix>>;
/// Mixing of values alone by constants.
template <typename Matrix>
using fixed_value_mixing = value_mixing<fixed_mixing<Matrix>>;

namespace detail {

template <typename Kind>
concept mixing_kind = std::same_as<Kind, no_mixing> || requires(const double* in, double* out) {
  { Kind::template parameters<2, 3> } -> std::convertible_to<int>;
  Kind::template form<2, 3>(in, out);
  Kind::template backward<2, 3>(in, in, out);
  Kind::template initialize<2, 3>(out);
  requires Kind::mixes;
};

template <typename Kind, int Components, int Composites>
inline constexpr bool rank_fits = true;
template <int Rank, int Components, int Composites>
inline constexpr bool rank_fits<low_rank_mixing<Rank>, Components, Composites> =
    Rank <= Components&& Rank <= Composites;

}  // namespace detail
}  // namespace headwise
