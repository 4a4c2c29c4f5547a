// SPDX-License-Identifier: Apache-2.0
#include "state/cell_order.h"

#include <algorithm>

namespace tocsin {
namespace {

constexpr std::size_t kRun = 8'192;

std::uint64_t prefix_of(std::string_view group) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
  }
  return prefix;
}

}  // namespace

bool CellOrder::before(const Item& a, const Item& b) const {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return cells_.group(a.at) < cells_.group(b.at);
}

bool CellOrder::later(std::size_t a, std::size_t b) const {
  return before(runs_[b].items[runs_[b].head], runs_[a].items[runs_[a].head]);
}

bool CellOrder::gather(std::size_t most) {
  if (gathered_) return true;
  for (std::size_t taken = 0; taken < most && !gathered_;) {
    Run run;
    while (run.items.size() < kRun) {
      const HotCells::Place at = cells_.next(list_, cursor_);
      gathered_ = at == HotCells::kAbsent;
      if (gathered_) break;
      run.items.push_back({prefix_of(cells_.group(at)), at});
    }
    if (run.items.empty()) break;
    taken += run.items.size();
    std::sort(run.items.begin(), run.items.end(),
              [&](const Item& a, const Item& b) { return before(a, b); });
    heap_.push_back(runs_.size());
    runs_.push_back(std::move(run));
  }
  if (!gathered_) return false;
  std::make_heap(heap_.begin(), heap_.end(),
                 [&](std::size_t a, std::size_t b) { return later(a, b); });
  return true;
}

HotCells::Place CellOrder::next() {
  if (heap_.empty()) return HotCells::kAbsent;
  const auto order = [&](std::size_t a, std::size_t b) { return later(a, b); };
  std::pop_heap(heap_.begin(), heap_.end(), order);
  Run& run = runs_[heap_.back()];
  const HotCells::Place at = run.items[run.head++].at;
  if (run.head < run.items.size()) {
    std::push_heap(heap_.begin(), heap_.end(), order);
  } else {
    heap_.pop_back();
    run.items = {};
  }
  return at;
}

}  // namespace tocsin
