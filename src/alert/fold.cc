// SPDX-License-Identifier: Apache-2.0
#include "alert/fold.h"

#include <algorithm>
#include <cstring>

#include "hash/fingerprint.h"

namespace tocsin {
namespace {

constexpr std::size_t kBlock = 1 << 18;
constexpr std::uint64_t kTag = 0xffffffff00000000;

}  // namespace

Fold::Fold(std::uint64_t seed) : seed_(seed), slots_(1 << 12) {}

std::uint64_t Fold::hash_of(const Delta& delta) const {
  const std::uint64_t cell = static_cast<std::uint64_t>(delta.at) * 0x9e3779b97f4a7c15U +
                             delta.rule + (std::uint64_t{delta.element} << 32);
  return hash64(delta.group, seed_ ^ cell);
}

std::uint32_t Fold::add(const Delta& delta) {
  const std::uint64_t hash = hash_of(delta);
  const std::size_t mask = slots_.size() - 1;
  std::size_t i = hash & mask;
  for (; slots_[i] != 0; i = (i + 1) & mask) {
    if ((slots_[i] & kTag) != (hash & kTag)) continue;
    Delta& known = deltas_[(slots_[i] & ~kTag) - 1];
    if (known.rule != delta.rule || known.at != delta.at || known.element != delta.element ||
        known.group != delta.group) {
      continue;
    }
    known.amount += delta.amount;
    known.requests += delta.requests;
    known.latest = delta.element == kFirstElement ? std::min(known.latest, delta.latest)
                                                  : std::max(known.latest, delta.latest);
    return static_cast<std::uint32_t>(&known - deltas_.data());
  }
  deltas_.push_back(delta);
  deltas_.back().group = keep(delta.group);
  slots_[i] = (hash & kTag) | deltas_.size();
  if (deltas_.size() * 2 > slots_.size()) grow();
  return static_cast<std::uint32_t>(deltas_.size() - 1);
}

void Fold::clear() {
  deltas_.clear();
  std::fill(slots_.begin(), slots_.end(), 0);
  block_ = 0;
  used_ = 0;
}

void Fold::grow() {
  // The low bits of a hash are not kept, so the cells are hashed once more.
  slots_.assign(slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t d = 0; d < deltas_.size(); ++d) {
    const std::uint64_t hash = hash_of(deltas_[d]);
    std::size_t i = hash & mask;
    while (slots_[i] != 0) i = (i + 1) & mask;
    slots_[i] = (hash & kTag) | (d + 1);
  }
}

std::string_view Fold::keep(std::string_view group) {
  if (group.empty()) return {};
  if (blocks_.empty() || used_ + group.size() > kBlock) {
    if (!blocks_.empty()) ++block_;
    if (block_ >= blocks_.size()) blocks_.push_back(std::make_unique<char[]>(kBlock));
    used_ = 0;
  }
  char* text = blocks_[block_].get() + used_;
  std::memcpy(text, group.data(), group.size());
  used_ += group.size();
  return {text, group.size()};
}

}  // namespace tocsin
