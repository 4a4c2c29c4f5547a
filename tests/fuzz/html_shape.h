// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace tocsin::fuzz {

// What of a mail's HTML is not text, read as a browser would where nothing is wrong, and told where
// something is.
struct HtmlShape {
  // Whole tags, "<td class=…>", without digits; "<a href" alone of a link.
  std::set<std::string> tags;
  std::set<std::string> links;  // what href attributes hold
  std::string fault;            // why this is no page of ours: an element left open, a stray "&"
};
HtmlShape shape_of(std::string_view html);

}  // namespace tocsin::fuzz
