// SPDX-License-Identifier: Apache-2.0
#include "html_shape.h"

#include <algorithm>
#include <vector>

namespace tocsin::fuzz {
namespace {

const std::set<std::string_view> kEntities = {"&amp;", "&lt;",    "&gt;",   "&quot;",
                                              "&#39;", "&#8199;", "&#847;", "&nbsp;"};
const std::set<std::string_view> kNeverEnded = {"!doctype", "meta", "br"};

std::string without_digits(std::string_view text) {
  std::string left(text);
  std::erase_if(left, [](char c) { return c >= '0' && c <= '9'; });
  return left;
}

class Walk {
 public:
  explicit Walk(std::string_view html) : left_(html) {
    while (!left_.empty() && shape.fault.empty()) {
      if (left_[0] == '<') {
        tag();
      } else if (left_[0] == '&') {
        entity();
      } else {
        if (left_[0] == '>') shape.fault = "a stray >";
        left_.remove_prefix(1);
      }
    }
    if (shape.fault.empty() && !open_.empty()) shape.fault = "left open: " + open_.back();
  }

  HtmlShape shape;

 private:
  void entity() {
    const std::size_t end = left_.find(';');
    if (end == std::string_view::npos || !kEntities.contains(left_.substr(0, end + 1))) {
      shape.fault = "a stray &";
    } else {
      left_.remove_prefix(end + 1);
    }
  }

  void tag() {
    const std::size_t end = left_.find('>');
    if (end == std::string_view::npos) {
      shape.fault = "a stray <";
      return;
    }
    const std::string_view tag = left_.substr(0, end + 1);
    left_.remove_prefix(end + 1);
    const bool ends = tag.starts_with("</");
    const std::size_t from = ends ? 2 : 1;
    const std::string name(tag.substr(from, tag.find_first_of(" >\n", from) - from));
    note(tag);
    if (ends) {
      if (open_.empty() || open_.back() != name) {
        shape.fault = "ended and not open: " + name;
        return;
      }
      open_.pop_back();
    } else if (!kNeverEnded.contains(name)) {
      open_.push_back(name);
    }
    // Nothing within it is a tag, and nothing of it is from elsewhere.
    if (name == "style" && !ends)
      left_.remove_prefix(std::min(left_.find("</style>"), left_.size()));
  }

  void note(std::string_view tag) {
    constexpr std::string_view kLink = "<a href=\"";
    if (!tag.starts_with(kLink)) {
      shape.tags.insert(without_digits(tag));
      return;
    }
    const std::size_t end = tag.find('"', kLink.size());
    shape.links.insert(std::string(tag.substr(kLink.size(), end - kLink.size())));
    shape.tags.insert("<a href" + without_digits(tag.substr(end)));
  }

  std::string_view left_;
  std::vector<std::string> open_;
};

}  // namespace

HtmlShape shape_of(std::string_view html) { return Walk(html).shape; }

}  // namespace tocsin::fuzz
