// SPDX-License-Identifier: Apache-2.0
#include "rule/nearest_word.h"

#include <vector>

namespace tocsin {

std::string hint_for(std::string_view text, Words words) {
  std::vector<std::string_view> built;
  for (const Word& word : words) {
    if (word.built == Built::yes) built.push_back(word.text);
  }
  return hint_for(text, built);
}

}  // namespace tocsin
