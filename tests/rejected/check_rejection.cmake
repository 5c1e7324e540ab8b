# SPDX-License-Identifier: Apache-2.0
# cmake -DCOMPILE=command -DSOURCE=file -P check_rejection.cmake
cmake_minimum_required(VERSION 3.24)

set(readable_lines 40)

include(${CMAKE_CURRENT_LIST_DIR}/sentences.cmake)
rejection_sentence(${SOURCE} sentence)
if(sentence STREQUAL "")
  message(FATAL_ERROR "${SOURCE} names no sentence")
endif()

execute_process(COMMAND ${COMPILE} ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(NOTICE "${output}")
  message(FATAL_ERROR "the correct form does not compile")
endif()

execute_process(COMMAND ${COMPILE} -DHEADWISE_REJECT ${SOURCE} RESULT_VARIABLE result ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "the wrong form compiles, it must be rejected with: ${sentence}")
endif()
string(FIND "${output}" "${sentence}" position)
if(position EQUAL -1)
  message(NOTICE "${output}")
  message(FATAL_ERROR "the error does not say: ${sentence}")
endif()
string(REGEX MATCHALL "\n" line_ends "${output}")
list(LENGTH line_ends lines)
if(lines GREATER readable_lines)
  message(NOTICE "${output}")
  message(FATAL_ERROR "the error takes ${lines} lines, at most ${readable_lines} are easily read")
endif()
