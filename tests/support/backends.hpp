// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <tuple>

#include "headwise/cpu.hpp"
#include "headwise/reference/reference_backend.hpp"

// Every backend that computes in the host's memory. A backend with memory of its own joins the agreement tests by way
// of its own `backend_runner`.
#define HEADWISE_TEST_BACKENDS headwise::reference_backend, headwise::cpu_backend

/// A test case that runs on every backend; the backend is the type `Backend`.
#define TEST_CASE_ON_EVERY_BACKEND(sentence) TEST_CASE_TEMPLATE(sentence, Backend, HEADWISE_TEST_BACKENDS)

namespace headwise::test {

using test_backends = std::tuple<HEADWISE_TEST_BACKENDS>;

/// The backends that are compared with the reference.
using fast_backends = std::tuple<headwise::cpu_backend>;

}  // namespace headwise::test
