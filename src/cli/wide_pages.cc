// SPDX-License-Identifier: Apache-2.0
#include "cli/wide_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <new>

namespace tocsin {
namespace {

constexpr std::size_t kWide = std::size_t{2} << 20;

std::align_val_t aligned_to(std::size_t bytes, std::size_t alignment) {
  return std::align_val_t{bytes >= kWide ? std::max(alignment, kWide) : alignment};
}

}  // namespace

void* WidePages::do_allocate(std::size_t bytes, std::size_t alignment) {
  void* const memory = ::operator new(bytes, aligned_to(bytes, alignment));
  // Whole pages only, for what lies beside is another's. Refused, it is only slower.
  if (bytes >= kWide) static_cast<void>(::madvise(memory, bytes / kWide * kWide, MADV_HUGEPAGE));
  return memory;
}

void WidePages::do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) {
  ::operator delete(memory, bytes, aligned_to(bytes, alignment));
}

bool WidePages::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
  return this == &other;
}

}  // namespace tocsin
