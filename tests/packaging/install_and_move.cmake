# SPDX-License-Identifier: Apache-2.0
# Installs BUILD, looks for absolute paths in what was installed, and moves it to PREFIX.
cmake_minimum_required(VERSION 3.24)

set(first_prefix ${PREFIX}_before_move)
file(REMOVE_RECURSE ${first_prefix} ${PREFIX})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${first_prefix} COMMAND_ERROR_IS_FATAL ANY)

file(GLOB_RECURSE files ${first_prefix}/*)
foreach(file IN LISTS files)
  file(READ ${file} text)
  foreach(path IN ITEMS ${SOURCE} ${BUILD} ${first_prefix})
    string(FIND "${text}" "${path}" position)
    if(NOT position EQUAL -1)
      message(SEND_ERROR "${file} holds the path ${path}")
    endif()
  endforeach()
endforeach()

file(RENAME ${first_prefix} ${PREFIX})
