// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory_resource>

namespace tocsin {

// Memory of the heap; large pieces of it in huge pages, where the system gives some on request.
// Tables that are looked into at random are asked for here: in pages of 4 KB most looks would miss
// the processor's table of pages, too. Any thread.
class WidePages final : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override;
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override;
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;
};

}  // namespace tocsin
