// SPDX-License-Identifier: Apache-2.0
#include "state/id_archive.h"

#include <algorithm>
#include <string>

#include "state/codec.h"
#include "state/keys.h"

namespace tocsin {
namespace {

using Phase = IdGenerationRow::Phase;

constexpr std::size_t kLogRowsPerCommit = 64;  // looked at
constexpr std::uint64_t kCommitsPerLogRows = 256;
constexpr std::size_t kErasedPerCommit = 2'000;
constexpr std::size_t kFilterPartsPerCommit = 4;
constexpr std::size_t kIdsPerBucket = 512;
// Shares of the ids remembered. A claim looks into every generation's filter, and a generation goes
// as a whole when its last id has expired: so few of them, but not too few.
constexpr std::size_t kGenerationShare = 4;
constexpr std::size_t kRunShare = 64;
constexpr std::size_t kGenerationsMin = 8;  // under the limit, of which one is forgotten

std::size_t buckets_for(std::size_t ids) {
  return (ids / kIdsPerBucket / IdFilter::kParts + 1) * IdFilter::kParts;
}

}  // namespace

void IdArchive::write(std::uint64_t commit, Claims claims, WriteBatch& batch) {
  const std::size_t added = log(commit, claims, batch);
  expire_log(batch);
  erase_log(batch);
  expire_generations(batch);
  erase_ending(batch);
  store_filters(batch);
  if (!run_ && log_ids_ >= std::max(limits_.newest, archived_ / kRunShare)) freeze(commit);
  // A page must not tell of a claim that a crash could still undo.
  if (!run_ || run_->committed < run_->claims) return;
  if (run_->into == nullptr) begin_run(batch);
  write_pages(std::max(limits_.written_per_commit, added * 2), batch);
}

void IdArchive::stored() {
  if (!run_ || !run_->complete) return;
  ids_.drop_frozen();
  run_.reset();
}

std::size_t IdArchive::log(std::uint64_t commit, Claims claims, WriteBatch& batch) {
  LogRows rows{commit, commit, 0, {}};
  for (const auto& some : claims) {
    rows.ids += some.size();
    for (const auto& id : some) {
      raise(rows.last_second, id.partition, id.second);
      const bool frozen = run_ && id.freezes != ids_.freezes();
      ++(frozen ? run_->committed : committed_);
    }
  }
  const std::size_t ids = rows.ids;
  if (ids == 0) return 0;
  batch.put(key::numbered(key::kIds, commit), encode_ids(claims));
  add_log(commit, std::move(rows));
  return ids;
}

void IdArchive::add_log(std::uint64_t commit, LogRows rows) {
  log_ids_ += rows.ids;
  if (log_.empty() || log_closed_ || commit - log_.back().first >= kCommitsPerLogRows) {
    log_closed_ = false;
    log_.push_back(std::move(rows));
    return;
  }
  log_.back().last = commit;
  log_.back().ids += rows.ids;
  for (const auto& [partition, second] : rows.last_second) {
    raise(log_.back().last_second, partition, second);
  }
}

// Looks at some rows a commit, all of them in turn: one that a quiet partition keeps must not keep
// the others.
void IdArchive::expire_log(WriteBatch& batch) {
  for (std::size_t i = 0; i < kLogRowsPerCommit && log_.size() > 1; ++i) {
    // The newest is still being added to.
    if (++log_cursor_ >= log_.size() - 1) log_cursor_ = 0;
    const LogRows& rows = log_[log_cursor_];
    if (!expired(rows.last_second)) continue;
    for (std::uint64_t commit = rows.first; commit <= rows.last; ++commit) {
      batch.erase(key::numbered(key::kIds, commit));
    }
    log_ids_ -= rows.ids;
    log_.erase(log_.begin() + static_cast<std::ptrdiff_t>(log_cursor_));
    return;
  }
}

void IdArchive::erase_log(WriteBatch& batch) {
  std::size_t left = kErasedPerCommit;
  while (!logged_twice_.empty() && left > 0) {
    auto& [first, last] = logged_twice_.front();
    for (; first <= last && left > 0; ++first, --left) {
      batch.erase(key::numbered(key::kIds, first));
    }
    if (first > last) logged_twice_.pop_front();
  }
}

bool IdArchive::expired(const LastSeconds& last) const {
  return std::all_of(last.begin(), last.end(),
                     [&](const auto& at) { return ids_.expired_for_good(at.first, at.second); });
}

void IdArchive::expire_generations(WriteBatch& batch) {
  for (std::size_t i = 0; i < generations_.size(); ++i) {
    Generation* const of = generations_[i].get();
    if ((run_ && run_->into == of) || !expired(of->row.last_second)) continue;
    end(i, batch);
    return;
  }
}

void IdArchive::end(std::size_t index, WriteBatch& batch) {
  Generation& of = *generations_[index];
  ids_.remove(of.ids);
  archived_ -= of.row.ids;
  filter_bytes_ -= of.ids.filter.bytes();
  of.row.phase = Phase::ending;
  put(of.row, batch);
  ending_.push_back({std::move(of.row), 0});
  generations_.erase(generations_.begin() + static_cast<std::ptrdiff_t>(index));
}

void IdArchive::erase_ending(WriteBatch& batch) {
  if (ending_.empty()) return;
  auto& [row, erased] = ending_.front();
  const std::size_t pages = std::size_t{row.buckets} * row.runs;
  const std::size_t keys = pages + filter_parts(row.capacity);
  const std::size_t until = std::min(erased + kErasedPerCommit, keys);
  for (; erased < until; ++erased) {
    if (erased >= pages) {
      batch.erase(id_filter_key(row.number, erased - pages));
    } else {
      batch.erase(id_page_key({row.number, static_cast<std::uint32_t>(erased / row.runs)},
                              static_cast<std::uint32_t>(erased % row.runs)));
    }
  }
  if (erased < keys) return;
  batch.erase(id_generation_key(row.number));
  ending_.pop_front();
}

// So that a start reads two bytes an id instead of twenty.
void IdArchive::store_filters(WriteBatch& batch) {
  for (auto& of : generations_) {
    if (of->row.phase != Phase::closed) continue;
    const std::size_t parts = filter_parts(of->row.capacity);
    for (std::size_t i = 0; i < kFilterPartsPerCommit && of->parts_stored < parts; ++i) {
      batch.put(id_filter_key(of->row.number, of->parts_stored),
                encode_id_filter(of->ids.filter, of->parts_stored));
      ++of->parts_stored;
    }
    if (of->parts_stored < parts) return;
    of->row.phase = Phase::stored;
    put(of->row, batch);
    return;
  }
}

void IdArchive::freeze(std::uint64_t commit) {
  run_ = Run{};  // not emplace: to Clang it has no default constructor inside of its class
  run_->through = commit;
  run_->claims = ids_.freeze();
  run_->committed = std::exchange(committed_, 0);
  log_closed_ = true;
}

void IdArchive::begin_run(WriteBatch& batch) {
  const auto ids = static_cast<std::size_t>(run_->claims);
  Generation* into = generations_.empty() ? nullptr : generations_.back().get();
  if (into != nullptr && into->row.phase == Phase::open &&
      into->row.ids + ids / 2 > into->row.capacity) {
    into->row.phase = Phase::closed;
    put(into->row, batch);
  }
  if (into == nullptr || into->row.phase != Phase::open) into = &begin_generation(ids, batch);
  run_->into = into;
  run_->number = into->row.runs++;
  put(into->row, batch);
}

IdArchive::Generation& IdArchive::begin_generation(std::size_t ids, WriteBatch& batch) {
  const std::size_t most = limits_.filter_bytes / IdFilter::kBytesPerId / kGenerationsMin;
  IdGenerationRow row;
  row.capacity =
      std::max(ids, std::min(most, std::max(limits_.generation, archived_ / kGenerationShare)));
  row.buckets = static_cast<std::uint32_t>(buckets_for(row.capacity));
  row.number = ++last_generation_;
  const std::size_t bytes = IdFilter::bytes_for(row.capacity);
  while (!generations_.empty() && filter_bytes_ + bytes > limits_.filter_bytes) {
    const IdGenerationRow& oldest = generations_.front()->row;
    if (!expired(oldest.last_second)) forgotten_ += oldest.ids;
    end(0, batch);
  }
  filter_bytes_ += bytes;
  generations_.push_back(std::make_unique<Generation>(std::move(row)));
  ids_.add(generations_.back()->ids);
  return *generations_.back();
}

void IdArchive::write_pages(std::size_t most, WriteBatch& batch) {
  Run& run = *run_;
  const std::size_t buckets = run.into->row.buckets / IdSet::kShards;
  std::size_t written = 0;
  for (; run.shard < IdSet::kShards; ++run.shard) {
    if (run.ends.empty()) sort_shard();
    for (; run.bucket < buckets; ++run.bucket) {
      if (written >= most) return;
      const std::size_t begin = run.bucket == 0 ? 0 : run.ends[run.bucket - 1];
      const std::size_t ids = run.ends[run.bucket] - begin;
      if (ids == 0) continue;
      const auto bucket = static_cast<std::uint32_t>(run.shard * buckets + run.bucket);
      batch.put(id_page_key({run.into->row.number, bucket}, run.number),
                encode_id_page(std::span(run.sorted).subspan(begin, ids)));
      written += ids;
    }
    ids_.remember(run.into->ids, run.shard, run.sorted);
    run.ids += run.sorted.size();
    run.ends.clear();
    run.bucket = 0;
  }
  complete_run(batch);
}

// Those of the run's shard that are to be kept, by bucket.
void IdArchive::sort_shard() {
  Run& run = *run_;
  const std::size_t buckets = run.into->row.buckets / IdSet::kShards;
  const auto frozen = ids_.frozen(run.shard);
  const auto bucket_of = [&](const IdSet::Slot& slot) {
    return run.into->ids.bucket_of(slot.print) - run.shard * buckets;
  };
  const auto kept = [&](const IdSet::Slot& slot) {
    return slot.second_and_one != 0 && !ids_.expired_for_good(slot.partition, slot.second());
  };
  run.ends.assign(buckets, 0);
  for (const auto& slot : frozen) {
    if (kept(slot)) ++run.ends[bucket_of(slot)];
  }
  std::size_t before = 0;
  for (auto& end : run.ends) before += std::exchange(end, before);
  run.sorted.resize(before);
  for (const auto& slot : frozen) {
    if (!kept(slot)) continue;
    run.sorted[run.ends[bucket_of(slot)]++] = slot;
    raise(run.last_second, slot.partition, slot.second());
  }
}

void IdArchive::complete_run(WriteBatch& batch) {
  Run& run = *run_;
  IdGenerationRow& row = run.into->row;
  row.ids += run.ids;
  archived_ += run.ids;
  for (const auto& [partition, second] : run.last_second) {
    raise(row.last_second, partition, second);
  }
  put(row, batch);
  batch.put(key::meta("ids"), encode_ids_archived(run.through));
  while (!log_.empty() && log_.front().last <= run.through) {
    log_ids_ -= log_.front().ids;
    logged_twice_.emplace_back(log_.front().first, log_.front().last);
    log_.pop_front();
  }
  log_cursor_ = 0;
  run.complete = true;
}

void IdArchive::put(const IdGenerationRow& row, WriteBatch& batch) {
  batch.put(id_generation_key(row.number), encode_id_generation(row));
}

}  // namespace tocsin
