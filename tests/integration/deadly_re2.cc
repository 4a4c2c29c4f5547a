// SPDX-License-Identifier: Apache-2.0
// Put before RE2's own library (LD_PRELOAD), it dies at one text: what a defect in a library, met
// in a decode worker, looks like to the engine.
#include <dlfcn.h>
#include <re2/re2.h>

#include <cstdlib>

namespace re2 {

__attribute__((visibility("default"))) bool RE2::FullMatchN(const StringPiece& text,
                                                            const RE2& pattern,
                                                            const Arg* const args[], int count) {
  using Match = bool (*)(const StringPiece&, const RE2&, const Arg* const[], int);
  static const auto next = reinterpret_cast<Match>(
      ::dlsym(RTLD_NEXT, "_ZN3re23RE210FullMatchNERKNS_11StringPieceERKS0_PKPKNS0_3ArgEi"));
  if (text == "this-kills-it") std::abort();
  return next(text, pattern, args, count);
}

}  // namespace re2
