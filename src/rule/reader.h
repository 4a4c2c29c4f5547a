// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "document/document.h"
#include "rule/key_table.h"
#include "rule/rule.h"

namespace tocsin {

// Reads values out of one document and tells what is wrong with them. Nodes that are `bad` have
// been told already: they read as nothing, in silence.
class Reader {
 public:
  Reader(const Document& document, Diagnostics& diagnostics)
      : document_(document), diagnostics_(diagnostics) {}

  void error(const Node& node, std::string message, std::string hint = {}) const;
  void warn(const Node& node, std::string message, std::string hint = {}) const;
  void not_built(const Node& node, std::string_view text) const;

  // `wanted` is what should stand there, for the error: "a list such as [alerts]".
  const std::string* text(const Node& node, std::string_view wanted) const;
  const Node* map(const Node& node, std::string_view wanted) const;
  const Node* list(const Node& node, std::string_view wanted) const;
  // All items as texts; nothing if one is none.
  std::optional<std::vector<std::string>> texts(const Node& node, std::string_view wanted) const;

  // Is the key one of `words`, and built? Else an error with the nearest word. `what` is what it
  // is: "key", "metric".
  bool known(const Node& node, Words words, std::string_view what) const;
  // Does the map have a key that was probably meant to be this one? It is told as unknown; that
  // this one is missing would only be said of the same mistake.
  static bool mistyped(const Node& map, std::string_view key);
  // The text, if it is one of `words`.
  const std::string* word(const Node& node, Words words, std::string_view what) const;

  std::optional<bool> truth(const Node& node) const;
  std::optional<std::int64_t> count(const Node& node, std::int64_t least) const;
  std::optional<Millis> duration(const Node& node) const;
  std::optional<EventTime> time(const Node& node) const;

  Origin origin(const Node& node) const;
  const std::string& file() const { return document_.source->file(); }
  const Document& document() const { return document_; }
  Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  void tell(const Node& node, Diagnostic::Level level, std::string message, std::string hint) const;

  const Document& document_;
  Diagnostics& diagnostics_;
};

}  // namespace tocsin
