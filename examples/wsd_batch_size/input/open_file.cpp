// SPDX-License-Identifier: Apache-2.0
#include "input/open_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include "input/place.hpp"

namespace wsd_batch_size {

std::ifstream open_file(const std::filesystem::path& file) {
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown)) refuse(file.string(), "is a folder, needed: a file");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const std::string reason = std::generic_category().message(errno);
    refuse(file.string(), "cannot be opened (" + reason + "), needed: a file that can be read");
  }
  return in;
}

}  // namespace wsd_batch_size
