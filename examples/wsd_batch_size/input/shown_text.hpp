// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wsd_batch_size {

/// A text of the user as one line that is safe on every terminal: UTF-8 stays, bytes that are none and characters that
/// would move the cursor or turn the direction of writing become \xNN. Longer texts end in "..." after `most`
/// characters.
std::string printable(std::string_view text, std::size_t most = std::string_view::npos);

/// In quotes, and short enough for a message.
std::string shown(std::string_view text);

/// How many characters a UTF-8 text has.
std::size_t count_characters(std::string_view text);

/// In small letters, as far as they are ASCII.
std::string lower_case(std::string_view text);

/// Without the blanks around it.
std::string_view trimmed(std::string_view text);

/// "1 line", "2 lines".
std::string counted(std::size_t count, std::string_view thing);

}  // namespace wsd_batch_size
