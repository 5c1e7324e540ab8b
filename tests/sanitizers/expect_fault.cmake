# SPDX-License-Identifier: Apache-2.0
# cmake -DPROGRAM=file -DSENTENCE=text -P expect_fault.cmake: the program fails and says so.
cmake_minimum_required(VERSION 3.24)

execute_process(COMMAND ${PROGRAM} RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "the fault goes unnoticed")
endif()
string(FIND "${output}" "${SENTENCE}" position)
if(position EQUAL -1)
  message(NOTICE "${output}")
  message(FATAL_ERROR "the program does not say: ${SENTENCE}")
endif()
