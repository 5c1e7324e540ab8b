# SPDX-License-Identifier: Apache-2.0
# What the project asks of its own tests, examples and benchmarks, and never of its users.

include(CheckCXXCompilerFlag)

add_library(headwise_own_code INTERFACE)
target_compile_options(headwise_own_code INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow)
if(HEADWISE_WARNINGS_AS_ERRORS)
  target_compile_options(headwise_own_code INTERFACE -Werror)
endif()
if(HEADWISE_SANITIZE)
  list(JOIN HEADWISE_SANITIZE , sanitizers)
  target_compile_options(
    headwise_own_code INTERFACE -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(headwise_own_code INTERFACE -fsanitize=${sanitizers})
endif()
if(HEADWISE_NATIVE)
  check_cxx_compiler_flag(-march=native headwise_has_march_native)
  if(headwise_has_march_native)
    target_compile_options(headwise_own_code INTERFACE -march=native)
  endif()
endif()

# For programs whose speed is the point: full optimisation in every build type but Debug.
add_library(headwise_own_fast_code INTERFACE)
target_link_libraries(headwise_own_fast_code INTERFACE headwise_own_code)
target_compile_options(headwise_own_fast_code INTERFACE $<$<NOT:$<CONFIG:Debug>>:-O3>)
