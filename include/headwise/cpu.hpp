// SPDX-License-Identifier: Apache-2.0
#pragma once

// All of headwise.hpp, and the CPU backend. Needs Eigen 3.4.

#include "headwise/cpu/cpu_backend.hpp"
#include "headwise/headwise.hpp"
