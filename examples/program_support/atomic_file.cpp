// SPDX-License-Identifier: Apache-2.0
#include "program_support/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <string>
#include <system_error>

namespace program {
namespace {

[[noreturn]] void fail(const char* action, const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), std::string("cannot ") + action + " " + file.string());
}

/// An open file that is closed when its scope ends.
class descriptor {
 public:
  descriptor(const std::filesystem::path& file, int flags) : file_(file), number_(::open(file.c_str(), flags, 0666)) {
    if (number_ < 0) fail("open", file);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() { ::close(number_); }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(number_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write", file_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void reach_disk() const {
    // Some file systems cannot sync folders; the data of the file itself is never left to chance.
    if (::fsync(number_) != 0 && errno != EINVAL && errno != EROFS) fail("sync", file_);
  }

 private:
  std::filesystem::path file_;
  int number_;
};

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

void write_atomically(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(folder_of(file));
  const std::filesystem::path temporary = file.string() + ".tmp";
  {
    const descriptor out(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    out.write(bytes);
  }
  move_atomically(temporary, file);
}

void write_or_print(std::string_view bytes, const std::filesystem::path& file) {
  if (!file.empty()) return write_atomically(file, bytes);
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() || std::fflush(stdout) != 0)
    fail("write", "the standard output");
}

void move_atomically(const std::filesystem::path& temporary, const std::filesystem::path& file) {
  descriptor(temporary, O_RDONLY | O_CLOEXEC).reach_disk();
  std::filesystem::rename(temporary, file);
  descriptor(folder_of(file), O_RDONLY | O_DIRECTORY | O_CLOEXEC).reach_disk();
}

}  // namespace program
