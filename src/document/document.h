// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "document/diagnostic.h"
#include "document/source_text.h"

namespace tocsin {

struct Entry;

// A value of a document. Every scalar is text: nothing is a number, a date or a truth value until
// who reads it says so.
struct Node {
  enum class Kind : std::uint8_t { scalar, sequence, map };

  Kind kind = Kind::scalar;
  bool quoted = false;         // of scalars: in quotes, or a block of text
  bool bad = false;            // an error about it is already told: say no more about it
  std::size_t offset = 0;      // first byte in the source
  std::size_t bytes = 1;       // extent of a scalar in the source, on its first line
  int line = 0;                // from 1
  int column = 0;              // in characters, from 1
  std::string text;            // of a scalar
  std::vector<Node> items;     // of a sequence
  std::vector<Entry> entries;  // of a map, in order; keys are scalars, each once

  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_sequence() const { return kind == Kind::sequence; }
  bool is_map() const { return kind == Kind::map; }
  // The value of `key`, or null.
  const Node* find(std::string_view key) const;
  // The entry of `key`, or null.
  const Entry* find_entry(std::string_view key) const;
};

struct Entry {
  Node key;
  Node value;
};

inline const Entry* Node::find_entry(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key.text == key) return &entry;
  }
  return nullptr;
}

inline const Node* Node::find(std::string_view key) const {
  const Entry* entry = find_entry(key);
  return entry == nullptr ? nullptr : &entry->value;
}

// A file read. Nodes point nowhere, so it may be moved and copied.
struct Document {
  std::shared_ptr<const SourceText> source;
  Node root;

  // An error about a node's text.
  Diagnostic error(const Node& node, std::string message, std::string hint = {}) const {
    return source->error(node.offset, node.bytes, std::move(message), std::move(hint));
  }
};

}  // namespace tocsin
