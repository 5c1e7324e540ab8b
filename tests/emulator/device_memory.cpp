// SPDX-License-Identifier: Apache-2.0
#include "emulator/device_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "emulator/settings.hpp"
#include "headwise/core/error.hpp"

namespace headwise::emulator {

namespace {

constexpr std::size_t page = 4096;

/// Memory of a GiB and more exists only where it is touched, so that tensors may have far neighbours; it holds zeros.
constexpr std::size_t much = std::size_t{1} << 30;

/// Maps memory that exists where it is touched, or addresses where nothing is, at a place of its own or at `place`.
std::byte* map_memory(void* place, std::size_t bytes, int access) {
  const int at_place = place == nullptr ? 0 : MAP_FIXED;
  void* address = mmap(place, bytes, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | at_place, -1, 0);
  if (address == MAP_FAILED) throw std::bad_alloc();
  return static_cast<std::byte*>(address);
}

/// Addresses of the device, behind them as many of the host, where the same memory is, and behind these what is noted
/// of blocks. Pieces that were given back wait here for the next of their size, but for large ones.
class address_space {
 public:
  std::byte* take(std::size_t bytes) {
    std::vector<std::byte*>& waiting = waiting_[bytes];
    if (!waiting.empty()) {
      std::byte* const address = waiting.back();
      waiting.pop_back();
      return address;
    }
    if (distance_on_host - used_ < bytes) throw std::bad_alloc();
    std::byte* const address = begin_ + used_;
    constexpr int both = PROT_READ | PROT_WRITE;
    map_shared(address, bytes, PROT_NONE);
    map_shared(place_on_host(address), bytes, both);
    map_memory(accesses(address), notes_per_byte * bytes, both);
    used_ += bytes;
    return address;
  }
  void give_back(std::byte* address, std::size_t bytes) {
    if (bytes < much) {
      waiting_[bytes].push_back(address);
    } else {
      // Nobody gets these addresses again.
      fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, address - begin_, static_cast<off_t>(bytes));
      map_memory(accesses(address), notes_per_byte * bytes, PROT_NONE);
    }
  }
  void let_read(bool may) const {
    if (used_ > 0) mprotect(begin_, used_, may ? PROT_READ : PROT_NONE);
  }
  block_accesses* accesses(const std::byte* address) const {
    return reinterpret_cast<block_accesses*>(begin_ + 2 * distance_on_host) +
           static_cast<std::size_t>(address - begin_) / bytes_of_cell;
  }

 private:
  static constexpr std::size_t notes_per_byte = sizeof(block_accesses) / bytes_of_cell;

  /// Maps the next memory of the file.
  void map_shared(std::byte* place, std::size_t bytes, int access) const {
    const int flags = MAP_SHARED | MAP_NORESERVE | MAP_FIXED;
    if (mmap(place, bytes, access, flags, file_, static_cast<off_t>(used_)) == MAP_FAILED) throw std::bad_alloc();
  }
  static int new_file() {
    const int file = memfd_create("device memory", 0);
    if (file < 0 || ftruncate(file, static_cast<off_t>(distance_on_host)) != 0) throw std::bad_alloc();
    return file;
  }

  int file_ = new_file();
  std::byte* begin_ = map_memory(nullptr, (2 + notes_per_byte) * distance_on_host, PROT_NONE);
  std::size_t used_ = 0;
  std::map<std::size_t, std::vector<std::byte*>> waiting_;
};

constexpr std::size_t whole_pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

struct piece {
  std::uintptr_t first;
  std::uintptr_t last;  // behind it

  bool holds(std::uintptr_t from, std::uintptr_t to) const { return first <= from && to <= last; }
};

/// All pieces of device memory, in the order of their addresses.
struct memory_map {
  std::mutex lock;
  address_space addresses;
  std::vector<piece> pieces;
  std::size_t latest = 0;

  std::vector<piece>::iterator behind(std::uintptr_t address) {
    return std::upper_bound(pieces.begin(), pieces.end(), address,
                            [](std::uintptr_t value, const piece& p) { return value < p.first; });
  }
};

memory_map& memory() {
  static memory_map all;
  return all;
}

void require_device_memory(const void* address, std::size_t bytes, const char* what) {
  if (!in_device_memory(address, bytes)) throw error(what, "cudaErrorInvalidValue (invalid argument)", "cudaSuccess");
}

constexpr const char* names[] = {"copy to the device", "copy to the host", "copy on the device"};

}  // namespace

void* allocate_device_memory(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  fail_if_asked(request::allocation, "device memory");
  memory_map& map = memory();
  const std::lock_guard guard(map.lock);
  std::byte* const address = map.addresses.take(whole_pages(bytes));
  if (bytes < much) std::memset(place_on_host(address), 0xff, bytes);
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  map.pieces.insert(map.behind(first), {first, first + bytes});
  return address;
}

void free_device_memory(void* address) noexcept {
  if (address == nullptr) return;
  memory_map& map = memory();
  const std::lock_guard guard(map.lock);
  const auto found = map.behind(reinterpret_cast<std::uintptr_t>(address));
  if (found == map.pieces.begin()) return;
  const std::size_t bytes = (found - 1)->last - (found - 1)->first;
  map.pieces.erase(found - 1);
  map.addresses.give_back(static_cast<std::byte*>(address), whole_pages(bytes));
}

void let_kernels_read(bool may) {
  memory_map& map = memory();
  const std::lock_guard guard(map.lock);
  map.addresses.let_read(may);
}

block_accesses* accesses_of_blocks(const void* address) {
  return memory().addresses.accesses(static_cast<const std::byte*>(address));
}

bool in_device_memory(const void* address, std::size_t bytes) {
  memory_map& map = memory();
  const std::lock_guard guard(map.lock);
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  if (map.latest < map.pieces.size() && map.pieces[map.latest].holds(first, first + bytes)) return true;
  const auto found = map.behind(first);
  if (found == map.pieces.begin() || !(found - 1)->holds(first, first + bytes)) return false;
  map.latest = static_cast<std::size_t>(found - 1 - map.pieces.begin());
  return true;
}

void copy(void* to, const void* from, std::size_t bytes, copy_direction direction) {
  if (bytes == 0) return;
  const char* what = names[static_cast<int>(direction)];
  fail_if_asked(request::copy, what);
  if (direction != copy_direction::to_host) require_device_memory(to, bytes, what);
  if (direction != copy_direction::to_device) require_device_memory(from, bytes, what);
  if (direction != copy_direction::to_host) to = place_on_host(to);
  if (direction != copy_direction::to_device) from = place_on_host(from);
  std::memmove(to, from, bytes);
}

void fill_with_zeros(void* to, std::size_t bytes) {
  if (bytes == 0) return;
  fail_if_asked(request::copy, "memory to be set to zero");
  require_device_memory(to, bytes, "memory to be set to zero");
  std::memset(place_on_host(to), 0, bytes);
}

}  // namespace headwise::emulator
