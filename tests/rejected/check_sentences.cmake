# SPDX-License-Identifier: Apache-2.0
# cmake -DHEADERS=folder -DREJECTIONS=folder -P check_sentences.cmake: fails if the sentence of a static assertion is the
# subject of no rejection test.
cmake_minimum_required(VERSION 3.24)

include(${CMAKE_CURRENT_LIST_DIR}/sentences.cmake)

set(rejected "\n")
file(GLOB sources ${REJECTIONS}/*.cpp)
foreach(source IN LISTS sources)
  rejection_sentence(${source} sentence)
  string(REGEX REPLACE "[][;]" "?" sentence "${sentence}")
  string(APPEND rejected "${sentence}\n")
endforeach()

file(GLOB_RECURSE headers ${HEADERS}/*.hpp)
foreach(header IN LISTS headers)
  static_assert_sentences(${header} sentences)
  foreach(sentence IN LISTS sentences)
    string(FIND "${rejected}" "\n${sentence}\n" position)
    if(position EQUAL -1)
      message(SEND_ERROR "no rejection test for: ${sentence}")
    endif()
  endforeach()
endforeach()
