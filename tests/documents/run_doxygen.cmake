# SPDX-License-Identifier: Apache-2.0
# Doxygen has nothing to say. Members may go without a comment of their own, where the one on their type says it all;
# types, functions and aliases of a namespace may not.
cmake_minimum_required(VERSION 3.24)

execute_process(COMMAND ${DOXYGEN} ${DOXYFILE} OUTPUT_QUIET ERROR_VARIABLE warnings RESULT_VARIABLE result)
string(REGEX REPLACE "[^\n]*: Member [^\n]* of (struct|class) [^\n]* is not documented\\.\n" "" warnings "${warnings}")
if(NOT result EQUAL 0 OR NOT warnings STREQUAL "")
  message(NOTICE "${warnings}")
  message(FATAL_ERROR "doxygen warns")
endif()
