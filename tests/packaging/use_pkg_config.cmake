# SPDX-License-Identifier: Apache-2.0
# Compiles and runs the programs with the flags that pkg-config tells.
cmake_minimum_required(VERSION 3.24)

set(ENV{PKG_CONFIG_PATH} ${PKG_CONFIG_PATH}:$ENV{PKG_CONFIG_PATH})
file(MAKE_DIRECTORY ${OUTPUT})

function(build_and_run program)
  execute_process(
    COMMAND ${PKG_CONFIG} --cflags --libs ${ARGN} OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
    COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(flags UNIX_COMMAND "${flags}")
  execute_process(COMMAND ${COMPILER} -std=c++20 ${PROGRAMS}/${program}.cpp -o ${OUTPUT}/${program} ${flags}
                  COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${OUTPUT}/${program} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

build_and_run(uses_headwise headwise)
build_and_run(uses_cpu headwise eigen3)
