// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Core>
#include <cstdint>
