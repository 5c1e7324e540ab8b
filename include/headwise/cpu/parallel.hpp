// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace headwise::cpu {

/// The number of threads that `parallel_for` uses at most; scratch is taken for so many.
inline int thread_count() {
#if defined(_OPENMP)
  return omp_get_max_threads();
#else
  return 1;
#endif
}

/// Calls run(body, task, thread) for every task, as `parallel_for` does: it knows no body's type, so that it is
/// compiled once, and what a body does as well.
inline void run_tasks(std::int64_t tasks, void (*run)(const void* body, std::int64_t task, int thread),
                      const void* body) {
#if defined(_OPENMP)
  if (tasks > 1 && omp_get_max_threads() > 1) {
#pragma omp parallel for schedule(dynamic, 1)
    for (std::int64_t task = 0; task < tasks; ++task) run(body, task, omp_get_thread_num());
    return;
  }
#endif
  for (std::int64_t task = 0; task < tasks; ++task) run(body, task, 0);
}

/// Calls body(task, thread) for every task in [0, tasks), in parallel where OpenMP is on. Tasks are handed out in
/// order, so put the longest first. What a task computes must not depend on `thread`, which only says whose scratch to
/// use: results are then the same for every number of threads.
template <typename Body>
void parallel_for(std::int64_t tasks, const Body& body) {
  const auto run = [](const void* of, std::int64_t task, int thread) { (*static_cast<const Body*>(of))(task, thread); };
  run_tasks(tasks, run, &body);
}

}  // namespace headwise::cpu
