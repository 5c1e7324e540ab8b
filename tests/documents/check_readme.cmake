# SPDX-License-Identifier: Apache-2.0
# Every C++ block of the README is one of the examples, which are built and run as tests, without its licence line.
cmake_minimum_required(VERSION 3.24)

# A semicolon would split a CMake list.
function(read_text file result)
  file(READ ${file} text)
  string(REPLACE ";" "<semicolon>" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

set(programs "")
file(GLOB examples ${EXAMPLES}/*.cpp ${EXAMPLES}/*.cu)
foreach(example IN LISTS examples)
  read_text(${example} text)
  string(REGEX REPLACE "^// SPDX[^\n]*\n" "" text "${text}")
  list(APPEND programs "```cpp\n${text}```")
endforeach()

read_text(${README} text)
string(REGEX MATCHALL "```cpp\n[^`]*```" blocks "${text}")
if(NOT blocks)
  message(SEND_ERROR "${README} shows no program")
endif()
foreach(block IN LISTS blocks)
  if(NOT block IN_LIST programs)
    string(REPLACE "<semicolon>" ";" block "${block}")
    message(SEND_ERROR "the README shows what is no file of ${EXAMPLES}:\n${block}")
  endif()
endforeach()
