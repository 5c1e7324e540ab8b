# SPDX-License-Identifier: Apache-2.0

# The sentence that a file is rejected with, from its comment "// rejected: ...", which may take several lines.
function(rejection_sentence source result)
  file(READ ${source} text)
  string(REGEX MATCH "// rejected: ([^\n]+(\n// [^\n]+)*)" match "${text}")
  string(REPLACE "\n// " " " sentence "${CMAKE_MATCH_1}")
  set(${result} "${sentence}" PARENT_SCOPE)
endfunction()

# The sentences of a header's static assertions, each of which may be split over adjacent string literals. Square
# brackets would keep a list from being split, so each comes as a question mark.
function(static_assert_sentences header result)
  file(READ ${header} text)
  string(REGEX REPLACE "\"[ \n]+\"" "" text "${text}")
  string(REGEX REPLACE "[][;]" "?" text "${text}")
  string(REGEX MATCHALL "\"headwise: [^\"]+\"\\)" sentences "${text}")
  list(TRANSFORM sentences REPLACE "^\"|\"\\)$" "")
  set(${result} "${sentences}" PARENT_SCOPE)
endfunction()
