// SPDX-License-Identifier: Apache-2.0
#include "alert/sketch.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "hash/fingerprint.h"

namespace tocsin {
namespace {

constexpr SketchElement kDistinct = 0x8000'0000;
constexpr std::uint64_t kSeed = 0x746f'6373'696e;
constexpr int kFineBits = 25;
constexpr int kCoarseBits = 13;
constexpr int kRankBits = 6;
constexpr std::size_t kFineMost = 8'192;
constexpr std::int64_t kLatencyMax = 1'000'000'000'000;  // 11 days

// The greatest value of each bucket. Whole numbers, so that no machine's logarithm has a say.
const std::vector<std::int64_t>& bounds() {
  static const std::vector<std::int64_t> all = [] {
    std::vector<std::int64_t> made;
    for (std::int64_t bound = 100; bound < kLatencyMax; bound = bound * 102 / 100) {
      made.push_back(bound);
    }
    made.push_back(kLatencyMax);
    return made;
  }();
  return all;
}

// The register of the first 13 of its 25 bits, and the rank of what follows.
Sketch::Entry coarse(const Sketch::Entry& fine) {
  constexpr int kRest = kFineBits - kCoarseBits;
  const std::uint32_t rest = fine.key & ((1U << kRest) - 1);
  const std::uint64_t rank =
      rest == 0 ? static_cast<std::uint64_t>(kRest) + fine.value
                : static_cast<std::uint64_t>(std::countl_zero(rest << (32 - kRest))) + 1;
  return {fine.key >> kRest, rank};
}

// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017), algorithm 6.
double sigma(double x) {
  if (x >= 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z > before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

double tau(double x) {
  if (x <= 0 || x >= 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = 2; z < before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

SketchElement latency_element(std::int64_t microseconds) {
  const auto& all = bounds();
  const auto at = std::lower_bound(all.begin(), all.end() - 1, microseconds);
  return static_cast<SketchElement>(at - all.begin()) + 1;
}

SketchElement distinct_element(std::string_view text) {
  const std::uint64_t hash = hash64(text, kSeed);
  const std::uint64_t rest = hash << kFineBits;
  const int rank = rest == 0 ? 64 - kFineBits + 1 : std::countl_zero(rest) + 1;
  return kDistinct | static_cast<SketchElement>(hash >> (64 - kFineBits)) << kRankBits |
         static_cast<SketchElement>(rank);
}

void Sketch::add(SketchElement element, std::uint64_t times) {
  if ((element & kDistinct) == 0) return put({element - 1, times});
  distinct_ = true;
  const Entry fine{(element & ~kDistinct) >> kRankBits, element & ((1U << kRankBits) - 1)};
  put(coarse_ ? coarse(fine) : fine);
  if (!coarse_ && entries_.size() > kFineMost) coarsen();
}

void Sketch::put(const Entry& entry) {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), entry.key,
                                   [](const Entry& a, std::uint32_t key) { return a.key < key; });
  if (at == entries_.end() || at->key != entry.key) {
    entries_.insert(at, entry);
  } else {
    at->value = distinct_ ? std::max(at->value, entry.value) : at->value + entry.value;
  }
}

void Sketch::merge(const Sketch& other) {
  if (other.entries_.empty()) return;
  distinct_ = distinct_ || other.distinct_;
  if (other.coarse_ && !coarse_) coarsen();
  if (entries_.empty() && coarse_ == other.coarse_) {
    entries_ = other.entries_;
    return;
  }
  for (const Entry& entry : other.entries_) put(coarse_ && !other.coarse_ ? coarse(entry) : entry);
  if (distinct_ && !coarse_ && entries_.size() > kFineMost) coarsen();
}

void Sketch::coarsen() {
  coarse_ = true;
  const std::vector<Entry> fine = std::move(entries_);
  entries_.clear();
  for (const Entry& entry : fine) put(coarse(entry));
}

std::int64_t Sketch::quantile(int thousandths) const {
  std::uint64_t all = 0;
  for (const Entry& entry : entries_) all += entry.value;
  const std::uint64_t wanted = (all * static_cast<std::uint64_t>(thousandths) + 999) / 1000;
  std::uint64_t passed = 0;
  for (const Entry& entry : entries_) {
    passed += entry.value;
    if (passed < wanted) continue;
    const auto& bound = bounds();
    const std::size_t bucket = std::min<std::size_t>(entry.key, bound.size() - 1);
    return bucket == 0 ? bound[0] : (bound[bucket - 1] + bound[bucket]) / 2;
  }
  return 0;
}

std::int64_t Sketch::distinct() const {
  if (!coarse_) return static_cast<std::int64_t>(entries_.size());
  constexpr int kRanks = 64 - kCoarseBits;
  constexpr double kRegisters = 1 << kCoarseBits;
  std::vector<double> registers(kRanks + 2, 0);  // by rank
  registers[0] = kRegisters - static_cast<double>(entries_.size());
  for (const Entry& entry : entries_)
    registers[std::min<std::uint64_t>(entry.value, kRanks + 1)] += 1;
  double z = kRegisters * tau(1 - registers[kRanks + 1] / kRegisters);
  for (std::size_t rank = kRanks; rank >= 1; --rank) z = 0.5 * (z + registers[rank]);
  z += kRegisters * sigma(registers[0] / kRegisters);
  return std::llround(kRegisters * kRegisters / (2 * std::log(2.0) * z));
}

void Sketch::write(RowWriter& out) const {
  out.byte(static_cast<std::uint8_t>((distinct_ ? 1 : 0) | (coarse_ ? 2 : 0)));
  out.number(entries_.size());
  std::uint32_t last = 0;
  for (const Entry& entry : entries_) {
    out.number(entry.key - last);
    out.number(entry.value);
    last = entry.key;
  }
}

Sketch Sketch::read(RowReader& in) {
  Sketch sketch;
  const std::uint8_t flags = in.byte();
  sketch.distinct_ = (flags & 1) != 0;
  sketch.coarse_ = (flags & 2) != 0;
  std::uint32_t key = 0;
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    key += static_cast<std::uint32_t>(in.number());
    const std::uint64_t value = in.number();
    if (in.ok()) sketch.put({key, value});
  }
  return sketch;
}

}  // namespace tocsin
