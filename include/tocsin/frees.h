// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tocsin {

// Of a std::unique_ptr to what a C library made: the function that frees it.
template <auto free>
struct Frees {
  template <class T>
  void operator()(T* made) const noexcept {
    free(made);
  }
};

}  // namespace tocsin
