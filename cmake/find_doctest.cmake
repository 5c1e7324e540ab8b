# SPDX-License-Identifier: Apache-2.0
# The target doctest::doctest. A package says where its header is, but those of distributions name the place where it
# is installed, and are wrong where they were unpacked elsewhere: the header is looked for.

find_package(doctest QUIET CONFIG)
set(named_folders "")
if(TARGET doctest::doctest)
  get_target_property(named_folders doctest::doctest INTERFACE_INCLUDE_DIRECTORIES)
endif()
find_path(HEADWISE_DOCTEST_FOLDER doctest/doctest.h HINTS ${named_folders} REQUIRED)
mark_as_advanced(HEADWISE_DOCTEST_FOLDER)
if(NOT TARGET doctest::doctest)
  add_library(doctest::doctest INTERFACE IMPORTED)
endif()
set_target_properties(doctest::doctest PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${HEADWISE_DOCTEST_FOLDER})
