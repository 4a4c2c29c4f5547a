// SPDX-License-Identifier: Apache-2.0
#include "state/id_pages.h"

#include <algorithm>
#include <cstring>

#include "state/keys.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kIdPageVersion = 1;
constexpr std::uint8_t kPageVersion = 2;  // 1 has no costs
constexpr std::size_t kPrintBytes = 16;
constexpr std::size_t kCostBytes = 2;
constexpr std::size_t kCapacityMax = std::size_t{1} << 36;

std::string bucket_key(const IdBucket& bucket) {
  std::string key(1, key::kIdPage);
  key::append_u32(key, bucket.generation);
  key::append_u32(key, bucket.bucket);
  return key;
}

std::uint64_t fixed_at(std::string_view bytes, std::size_t at) {
  return RowReader(bytes.substr(at, 8)).fixed();
}

// A half of a print as it is written.
struct Half {
  explicit Half(std::uint64_t half) { RowWriter(bytes).fixed(half); }
  bool is_at(std::string_view halves, std::size_t i) const {
    return std::memcmp(halves.data() + i * 8, bytes.data(), 8) == 0;
  }
  std::string bytes;
};

// A page: all high halves, all low halves, all costs, then who claimed and when. So a look for a
// print that is not there reads a fifth of it.
struct Page {
  explicit Page(std::string_view bytes) {
    RowReader in(bytes);
    const std::uint8_t version = in.byte();
    if (version != kIdPageVersion && version != kPageVersion) return;
    const std::size_t cost_bytes = version == kPageVersion ? kCostBytes : 0;
    count = static_cast<std::size_t>(in.number());
    const std::string_view rest = in.rest();
    if (!in.ok() || count > rest.size() / (kPrintBytes + cost_bytes)) return;
    highs = rest.substr(0, count * 8);
    lows = rest.substr(count * 8, count * 8);
    costs = rest.substr(count * kPrintBytes, count * cost_bytes);
    claims = rest.substr(count * (kPrintBytes + cost_bytes));
    ok = true;
  }

  Fingerprint print(std::size_t i) const { return {fixed_at(highs, i * 8), fixed_at(lows, i * 8)}; }

  std::uint16_t cost(std::size_t i) const {
    return costs.empty() ? std::uint16_t{0} : RowReader(costs.substr(i * kCostBytes)).fixed16();
  }

  std::size_t count = 0;
  std::string_view highs, lows, costs, claims;
  bool ok = false;
};

// Of the `index`th id of the page.
bool claimed(const Page& page, std::size_t index, std::uint32_t& partition, std::int64_t& second) {
  RowReader in(page.claims);
  second = 0;
  for (std::size_t i = 0; i <= index; ++i) {
    partition = static_cast<std::uint32_t>(in.number());
    if (__builtin_add_overflow(second, in.signed_number(), &second)) return false;
  }
  return in.ok();
}

}  // namespace

Error damaged_ids(std::string_view what) {
  return {Reaction::stop, "the state is damaged: " + std::string(what) +
                              " of ids cannot be read; restore the state directory from a copy, or "
                              "move it away to begin anew from Kafka"};
}

std::string id_page_key(const IdBucket& bucket, std::uint32_t run) {
  std::string key = bucket_key(bucket);
  key::append_u32(key, run);
  return key;
}

std::string encode_id_page(std::span<const IdSet::Slot> ids) {
  std::string bytes;
  bytes.reserve(ids.size() * (kPrintBytes + kCostBytes + 3) + 16);
  RowWriter out(bytes);
  out.byte(kPageVersion);
  out.number(ids.size());
  for (const auto& id : ids) out.fixed(id.print.high);
  for (const auto& id : ids) out.fixed(id.print.low);
  for (const auto& id : ids) out.fixed16(id.cost);
  std::int64_t last = 0;
  for (const auto& id : ids) {
    out.number(id.partition);
    out.signed_number(id.second() - last);
    last = id.second();
  }
  return bytes;
}

bool decode_id_page(std::string_view bytes, const std::function<void(const Fingerprint&)>& each) {
  const Page page(bytes);
  for (std::size_t i = 0; page.ok && i < page.count; ++i) each(page.print(i));
  return page.ok;
}

Result<std::optional<std::uint16_t>> find_id(
    const Snapshot& store, const IdBucket& bucket, const Fingerprint& print,
    const std::function<bool(std::uint32_t partition, std::int64_t second)>& live) {
  std::optional<std::uint16_t> found;
  bool good = true;
  const Half high(print.high), low(print.low);
  const std::string from = bucket_key(bucket);
  auto scanned = store.scan(from, key::after(from), [&](auto, auto bytes) {
    const Page page(bytes);
    good = page.ok;
    for (std::size_t i = 0; good && !found && i < page.count; ++i) {
      if (!high.is_at(page.highs, i) || !low.is_at(page.lows, i)) continue;
      std::uint32_t partition = 0;
      std::int64_t second = 0;
      good = claimed(page, i, partition, second);
      if (good && live(partition, second)) found = page.cost(i);
    }
    return good && !found;
  });
  if (!scanned) return tl::unexpected(scanned.error());
  if (!good) return tl::unexpected(damaged_ids("a page"));
  return found;
}

std::string id_generation_key(std::uint32_t generation) {
  std::string key(1, key::kIdGeneration);
  key::append_u32(key, generation);
  return key;
}

std::string encode_id_generation(const IdGenerationRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kIdPageVersion);
  out.number(row.number);
  out.byte(static_cast<std::uint8_t>(row.phase));
  out.number(row.capacity);
  out.number(row.buckets);
  out.number(row.runs);
  out.number(row.ids);
  out.number(row.last_second.size());
  for (const auto& [partition, second] : row.last_second) {
    out.number(partition);
    out.signed_number(second);
  }
  return bytes;
}

bool decode_id_generation(std::string_view bytes, IdGenerationRow& row) {
  RowReader in(bytes);
  if (in.byte() != kIdPageVersion) return false;
  row.number = static_cast<std::uint32_t>(in.number());
  const std::uint8_t phase = in.byte();
  row.phase = static_cast<IdGenerationRow::Phase>(phase);
  row.capacity = static_cast<std::size_t>(in.number());
  row.buckets = static_cast<std::uint32_t>(in.number());
  row.runs = static_cast<std::uint32_t>(in.number());
  row.ids = static_cast<std::size_t>(in.number());
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    const auto partition = static_cast<std::uint32_t>(in.number());
    row.last_second[partition] = in.signed_number();
  }
  return in.ok() && in.done() && row.number != 0 && row.capacity <= kCapacityMax &&
         row.buckets != 0 && row.buckets % IdFilter::kParts == 0 &&
         phase <= static_cast<std::uint8_t>(IdGenerationRow::Phase::ending);
}

std::string encode_ids_archived(std::uint64_t commit) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kIdPageVersion);
  out.number(commit);
  return bytes;
}

bool decode_ids_archived(std::string_view bytes, std::uint64_t& commit) {
  RowReader in(bytes);
  if (in.byte() != kIdPageVersion) return false;
  commit = in.number();
  return in.ok() && in.done();
}

std::size_t filter_parts(std::size_t capacity) {
  return (IdFilter::bytes_for(capacity) / 8 + kFilterPartWords - 1) / kFilterPartWords;
}

std::string id_filter_key(std::uint32_t generation, std::size_t part) {
  std::string key(1, key::kIdFilter);
  key::append_u32(key, generation);
  key::append_u32(key, static_cast<std::uint32_t>(part));
  return key;
}

std::string encode_id_filter(const IdFilter& filter, std::size_t part) {
  const std::size_t from = part * kFilterPartWords;
  const std::size_t until = std::min(from + kFilterPartWords, filter.words());
  std::string bytes;
  bytes.reserve((until - from) * 8);
  RowWriter out(bytes);
  for (std::size_t i = from; i < until; ++i) out.fixed(filter.word(i));
  return bytes;
}

bool decode_id_filter(std::string_view bytes, std::size_t part, IdFilter& filter) {
  const std::size_t from = part * kFilterPartWords;
  if (from >= filter.words()) return false;
  const std::size_t until = std::min(from + kFilterPartWords, filter.words());
  if (bytes.size() != (until - from) * 8) return false;
  RowReader in(bytes);
  for (std::size_t i = from; i < until; ++i) filter.set_word(i, in.fixed());
  return true;
}

}  // namespace tocsin
