// SPDX-License-Identifier: Apache-2.0
#include "headwise/core/policy_slot.hpp"
#include "headwise/reference/attend.hpp"
