// SPDX-License-Identifier: Apache-2.0
#include "price/file_reader.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "document/scalars.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {

void FileReader::error(const Node& node, std::string message, std::string hint) {
  if (!node.bad) {
    diagnostics_.push_back(document_.error(node, std::move(message), std::move(hint)));
  }
}

bool FileReader::is_map(const Node& node, std::string_view what, Keys keys) {
  if (!node.is_map()) {
    error(node, std::string(what) + " must be a map");
    return false;
  }
  for (const Entry& entry : node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key.text) != keys.end()) continue;
    std::string known;
    for (const std::string_view key : keys) {
      known += known.empty() ? "" : ", ";
      known += key;
    }
    error(entry.key, "unknown key `" + entry.key.text + "` in " + std::string(what),
          "known: " + known);
  }
  return true;
}

std::string FileReader::text(const Node& map, std::string_view key, bool required) {
  const Node* const node = map.find(key);
  if (node == nullptr) {
    if (required) error(map, "`" + std::string(key) + "` is missing");
    return {};
  }
  if (!node->is_scalar() || node->text.empty()) {
    error(*node, "`" + std::string(key) + "` must be a text");
    return {};
  }
  return node->text;
}

std::string_view FileReader::lower_text(const Node& map, std::string_view key) {
  return keep(to_lower(text(map, key, false)));
}

const Node* FileReader::list(const Node& map, std::string_view key, bool required) {
  const Node* const node = map.find(key);
  if (node == nullptr) {
    if (required) error(map, "`" + std::string(key) + "` is missing");
    return nullptr;
  }
  if (!node->is_sequence() || (required && node->items.empty())) {
    error(*node,
          "`" + std::string(key) + "` must be a list" + (required ? " with something in it" : ""));
    return nullptr;
  }
  return node;
}

std::vector<std::string_view> FileReader::lower_texts(const Node& node) {
  std::vector<std::string_view> result;
  const auto add = [&](const Node& item) {
    if (item.is_scalar() && !item.text.empty()) {
      result.push_back(keep(to_lower(item.text)));
    } else {
      error(item, "must be a text");
    }
  };
  if (!node.is_sequence()) {
    add(node);
    return result;
  }
  for (const Node& item : node.items) add(item);
  return result;
}

std::int64_t FileReader::day(const Node& map, std::string_view key, std::int64_t absent) {
  const std::string written = text(map, key, false);
  if (written.empty()) return absent;
  const auto date = parse_date(written);
  if (!date) {
    error(*map.find(key), "`" + std::string(key) + "` must be a day", "2026-11-20, UTC");
    return absent;
  }
  return std::int64_t{std::chrono::sys_days{*date}.time_since_epoch().count()} * 86'400'000;
}

Span FileReader::span(const Node& map, std::string& label) {
  Span result;
  result.from_ms = day(map, "from", result.from_ms);
  result.until_ms = day(map, "until", result.until_ms);
  if (result.from_ms >= result.until_ms) error(map, "`until` must be a day after `from`");
  for (const char* const key : {"from", "until"}) {
    const Node* const node = map.find(key);
    if (node != nullptr && node->is_scalar()) label += std::string(" ") + key + " " + node->text;
  }
  return result;
}

std::string_view FileReader::updated(const Node& root) {
  (void)day(root, "updated", 0);
  return keep(text(root, "updated", false));
}

std::string FileReader::place(const Node& node) const {
  return document_.source->file() + ":" + std::to_string(node.line);
}

}  // namespace tocsin::prices
