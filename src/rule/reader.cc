// SPDX-License-Identifier: Apache-2.0
#include "rule/reader.h"

#include <algorithm>
#include <span>
#include <utility>

#include "document/scalars.h"
#include "document/utf8.h"
#include "rule/nearest_word.h"

namespace tocsin {

void Reader::tell(const Node& node, Diagnostic::Level level, std::string message,
                  std::string hint) const {
  if (is_full(diagnostics_, level)) return;
  diagnostics_.push_back(document_.error(node, std::move(message), std::move(hint)));
  diagnostics_.back().level = level;
}

void Reader::error(const Node& node, std::string message, std::string hint) const {
  tell(node, Diagnostic::Level::error, std::move(message), std::move(hint));
}

void Reader::warn(const Node& node, std::string message, std::string hint) const {
  tell(node, Diagnostic::Level::warning, std::move(message), std::move(hint));
}

void Reader::not_built(const Node& node, std::string_view text) const {
  error(node, tocsin::quoted(text) + " is not built yet");
}

const std::string* Reader::text(const Node& node, std::string_view wanted) const {
  if (node.bad) return nullptr;
  if (node.is_scalar()) return &node.text;
  error(node, "a single value must stand here", "write " + std::string(wanted));
  return nullptr;
}

const Node* Reader::map(const Node& node, std::string_view wanted) const {
  if (node.bad) return nullptr;
  if (node.is_map()) return &node;
  const std::size_t colon = node.text.find(':');
  if (node.is_scalar() && !node.quoted && colon != std::string::npos && colon > 0 &&
      !node.text.substr(0, colon).starts_with("http")) {
    error(node, "a space is missing after " + node.text.substr(0, colon + 1));
  } else {
    error(node, "keys and values must stand here", "write " + std::string(wanted));
  }
  return nullptr;
}

const Node* Reader::list(const Node& node, std::string_view wanted) const {
  if (node.bad) return nullptr;
  if (node.is_sequence()) return &node;
  error(node, "a list must stand here", "write " + std::string(wanted));
  return nullptr;
}

std::optional<std::vector<std::string>> Reader::texts(const Node& node,
                                                      std::string_view wanted) const {
  const Node* items = list(node, wanted);
  if (items == nullptr) return std::nullopt;
  std::vector<std::string> texts;
  bool good = true;
  for (const Node& item : items->items) {
    const auto* one = text(item, wanted);
    good = good && one != nullptr;
    if (one != nullptr) texts.push_back(*one);
  }
  if (!good) return std::nullopt;
  return texts;
}

bool Reader::mistyped(const Node& map, std::string_view key) {
  return std::any_of(map.entries.begin(), map.entries.end(), [key](const Entry& entry) {
    return entry.key.text != key && nearest(entry.key.text, std::span(&key, 1));
  });
}

bool Reader::known(const Node& node, Words words, std::string_view what) const {
  if (node.bad) return false;
  const auto found = std::find_if(words.begin(), words.end(),
                                  [&](const Word& word) { return word.text == node.text; });
  if (found == words.end()) {
    error(node, "unknown " + std::string(what) + " " + tocsin::quoted(node.text),
          hint_for(node.text, words));
    return false;
  }
  if (found->built == Built::not_yet) {
    not_built(node, node.text);
    return false;
  }
  return true;
}

const std::string* Reader::word(const Node& node, Words words, std::string_view what) const {
  const auto* found = text(node, "one word");
  return found != nullptr && known(node, words, what) ? found : nullptr;
}

std::optional<bool> Reader::truth(const Node& node) const {
  const auto* written = text(node, "true or false");
  if (written == nullptr) return std::nullopt;
  const auto value = parse_bool(*written);
  if (!value)
    error(node, tocsin::quoted(*written) + " is neither true nor false", "write true or false");
  return value;
}

std::optional<std::int64_t> Reader::count(const Node& node, std::int64_t least) const {
  const auto* written = text(node, "a number such as 1000 or 20k");
  if (written == nullptr) return std::nullopt;
  const auto value = parse_count(*written);
  if (!value || *value < least) {
    error(node, tocsin::quoted(*written) + " is no number from " + std::to_string(least) + " up",
          "write a whole number such as 1000 or 20k");
    return std::nullopt;
  }
  return value;
}

std::optional<Millis> Reader::duration(const Node& node) const {
  const auto* written = text(node, "a duration such as 30s, 5m, 1h or 2d");
  if (written == nullptr) return std::nullopt;
  const auto value = parse_duration(*written);
  if (!value) {
    error(node, tocsin::quoted(*written) + " is no duration",
          "write one such as 30s, 5m, 1h or 2d");
  }
  return value;
}

std::optional<EventTime> Reader::time(const Node& node) const {
  const auto* written = text(node, "a time such as 2026-11-20T09:00Z");
  if (written == nullptr) return std::nullopt;
  const auto value = parse_time(*written);
  if (!value) {
    error(node, tocsin::quoted(*written) + " is no time",
          "write one with Z or an offset, such as 2026-11-20T09:00Z");
  }
  return value;
}

Origin Reader::origin(const Node& node) const {
  return {document_.source->file(), node.line, node.column};
}

}  // namespace tocsin
