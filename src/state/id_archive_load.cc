// SPDX-License-Identifier: Apache-2.0
// What a start reads of the ids seen.
#include "state/codec.h"
#include "state/id_archive.h"
#include "state/keys.h"

namespace tocsin {

using Phase = IdGenerationRow::Phase;

Result<void> IdArchive::load() {
  if (auto loaded = load_generations(); !loaded) return loaded;
  return load_log();
}

Result<void> IdArchive::load_generations() {
  bool good = true;
  const std::string from(1, key::kIdGeneration);
  std::vector<IdGenerationRow> rows;
  auto scanned = store_.scan(from, key::after(from), [&](auto, auto bytes) {
    IdGenerationRow row;
    good = decode_id_generation(bytes, row);
    rows.push_back(std::move(row));
    return good;
  });
  if (!scanned) return scanned;
  if (!good) return tl::unexpected(damaged_ids("a generation"));
  for (auto& row : rows) {
    last_generation_ = row.number;
    if (row.phase == Phase::ending) {
      ending_.push_back({std::move(row), 0});
      continue;
    }
    auto of = std::make_unique<Generation>(std::move(row));
    if (auto loaded = load_filter(*of); !loaded) return loaded;
    archived_ += of->row.ids;
    filter_bytes_ += of->ids.filter.bytes();
    ids_.add(of->ids);
    generations_.push_back(std::move(of));
  }
  return {};
}

// From its parts, or from the pages if they are not all stored. Pages of a run that was not
// completed do no harm: what they hold was committed before.
Result<void> IdArchive::load_filter(Generation& of) {
  const bool stored = of.row.phase == Phase::stored;
  std::string from(1, stored ? key::kIdFilter : key::kIdPage);
  key::append_u32(from, of.row.number);
  IdFilter& filter = of.ids.filter;
  std::size_t parts = 0;
  bool good = true;
  auto scanned = store_.scan(from, key::after(from), [&](auto, auto bytes) {
    good = stored ? decode_id_filter(bytes, parts++, filter)
                  : decode_id_page(bytes, [&](const Fingerprint& print) { filter.add(print); });
    return good;
  });
  if (!scanned) return scanned;
  if (!good || (stored && parts != filter_parts(of.row.capacity))) {
    return tl::unexpected(damaged_ids(stored ? "a filter" : "a page"));
  }
  return {};
}

Result<void> IdArchive::load_log() {
  std::uint64_t through = 0;
  const auto archived = store_.get(key::meta("ids"));
  if (!archived) return tl::unexpected(archived.error());
  if (*archived && !decode_ids_archived(**archived, through)) {
    return tl::unexpected(damaged_ids("the last run"));
  }
  bool good = true;
  const std::string from(1, key::kIds);
  auto scanned = store_.scan(from, key::after(from), [&](auto key, auto bytes) {
    const std::uint64_t commit = key::read_u64(key.substr(1));
    if (commit <= through) {
      logged_twice_.emplace_back(commit, commit);
      return true;
    }
    LogRows rows{commit, commit, 0, {}};
    good = decode_ids(bytes, [&](const ClaimedId& id) {
      ++rows.ids;
      if (ids_.restore(id)) ++committed_;
      raise(rows.last_second, id.partition, id.second);
    });
    add_log(commit, std::move(rows));
    return good;
  });
  if (!scanned) return scanned;
  if (!good) return tl::unexpected(damaged_ids("a row"));
  return {};
}

}  // namespace tocsin
