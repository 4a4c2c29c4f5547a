// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "document/document.h"
#include "price/catalogue.h"

namespace tocsin::prices {

// Reads the parts of a price file that are alike, and tells what is wrong with them.
class FileReader {
 public:
  using Keys = std::initializer_list<std::string_view>;

  FileReader(const Document& document, Texts& texts, Diagnostics& diagnostics)
      : document_(document), texts_(texts), diagnostics_(diagnostics) {}

  void error(const Node& node, std::string message, std::string hint = {});
  // False: it is no map. Keys other than `keys` are errors.
  bool is_map(const Node& node, std::string_view what, Keys keys);
  // A scalar under `key`; empty: there is none, or it is wrong.
  std::string text(const Node& map, std::string_view key, bool required);
  std::string_view lower_text(const Node& map, std::string_view key);
  const Node* list(const Node& map, std::string_view key, bool required);
  // A list of texts, or one text.
  std::vector<std::string_view> lower_texts(const Node& node);
  // `from` and `until`, in UTC; what they say is added to `label`.
  Span span(const Node& map, std::string& label);
  // The day the file says it is of, as it says.
  std::string_view updated(const Node& root);
  std::string_view keep(std::string text) { return texts_.keep(std::move(text)); }
  std::string place(const Node& node) const;
  Diagnostic diagnostic(const Node& node, std::string message, std::string hint) const {
    return document_.error(node, std::move(message), std::move(hint));
  }

 private:
  std::int64_t day(const Node& map, std::string_view key, std::int64_t absent);

  const Document& document_;
  Texts& texts_;
  Diagnostics& diagnostics_;
};

}  // namespace tocsin::prices
