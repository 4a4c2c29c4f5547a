// SPDX-License-Identifier: Apache-2.0
#include "state/kept.h"

#include <set>

#include "hash/digest.h"
#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kKeptVersion = 1;

std::string text_key(const std::string& text) { return key::kText + hex(sha256(text), 16); }

// The row, with keys for texts.
struct Row {
  Kept kept;
  std::map<std::string, std::string> keys;  // by path
};

Result<std::optional<Row>> read_row(const Snapshot& store) {
  const auto bytes = store.get(key::meta("kept"));
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  RowReader in(**bytes);
  Row row;
  const bool known = in.byte() == kKeptVersion;
  row.kept.config_path = in.text();
  row.kept.accepted = WallTime{Millis{in.signed_number()}};
  row.kept.secrets_left_out = in.byte() != 0;
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    std::string path(in.text());
    row.keys[std::move(path)] = in.text();
  }
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    auto& paths = row.kept.files.expansions[std::string(in.text())];
    for (std::uint64_t m = in.number(); m > 0 && in.ok(); --m) paths.emplace_back(in.text());
  }
  if (!known || !in.ok()) return stop("the state is damaged: the configuration it keeps");
  return row;
}

}  // namespace

WriteBatch kept_texts(const Kept& kept) {
  WriteBatch rows;
  for (const auto& [path, text] : kept.files.texts) rows.put(text_key(text), text);
  return rows;
}

void put_kept(WriteBatch& commit, const Kept& kept) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kKeptVersion);
  out.text(kept.config_path);
  out.signed_number(kept.accepted.time_since_epoch().count());
  out.byte(kept.secrets_left_out ? 1 : 0);
  out.number(kept.files.texts.size());
  for (const auto& [path, text] : kept.files.texts) {
    out.text(path);
    out.text(text_key(text));
  }
  out.number(kept.files.expansions.size());
  for (const auto& [pattern, paths] : kept.files.expansions) {
    out.text(pattern);
    out.number(paths.size());
    for (const auto& path : paths) out.text(path);
  }
  commit.put(key::meta("kept"), std::move(bytes));
}

Result<WriteBatch> unkept_texts(const Snapshot& store) {
  const auto row = read_row(store);
  if (!row) return tl::unexpected(row.error());
  std::set<std::string, std::less<>> kept;
  if (*row) {
    for (const auto& [path, key] : (*row)->keys) kept.insert(key);
  }
  WriteBatch rows;
  const std::string from(1, key::kText);
  auto scanned = store.scan(from, key::after(from), [&](auto key, auto) {
    if (!kept.contains(key)) rows.erase(std::string(key));
    return true;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  return rows;
}

Result<std::optional<Kept>> read_kept(const Snapshot& store) {
  auto row = read_row(store);
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::nullopt;
  Kept kept = std::move((*row)->kept);
  for (const auto& [path, key] : (*row)->keys) {
    auto text = store.get(key);
    if (!text) return tl::unexpected(text.error());
    if (!*text) return stop("the state is damaged: a text of the configuration it keeps");
    kept.files.texts[path] = std::move(**text);
  }
  return kept;
}

}  // namespace tocsin
