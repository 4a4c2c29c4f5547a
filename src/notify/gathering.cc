// SPDX-License-Identifier: Apache-2.0
#include "notify/gathering.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

using Item = Gathering::Item;

constexpr std::size_t kAtHandMax = 1'000;

// The rungs of one group, highest first.
void sort_highest_first(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    if (a.alert->amount != b.alert->amount) return a.alert->amount > b.alert->amount;
    return a.alert->severity > b.alert->severity;
  });
}

Composition told_at_once(const std::vector<Item>& items, WallTime wall) {
  Composition composition;
  composition.kind = Notice::Kind::alert;
  composition.from = composition.until = wall;
  for (const Item& item : items) {
    composition.seqs.push_back(item.seq);
    composition.alerts.push_back(*item.alert);
  }
  return composition;
}

Composition resolution_of(std::vector<Resolution> resolved, WallTime wall) {
  Composition composition;
  composition.kind = Notice::Kind::resolved;
  composition.resolved = std::move(resolved);
  composition.from = composition.until = wall;
  return composition;
}

}  // namespace

std::string group_identity(const Alert& alert) {
  std::string identity;
  for (const auto& [name, value] : alert.group) {
    identity += std::to_string(value.size()) + ":" + value;
  }
  if (alert.window_kind != WindowKind::rolling) {
    identity += "@" + std::to_string(to_ms(alert.window.start));
  }
  return identity;
}

// More wait only while the channel takes nothing, perhaps for a day: their rows have the alerts.
void Gathering::tell_now(Composition composition) {
  if (now_.size() >= kAtHandMax) composition.alerts = {};
  now_.push_back(std::move(composition));
}

void Gathering::Rows::add(std::uint64_t seq, WallTime wall) {
  if (seqs.empty()) from = wall;
  until = std::max(until, wall);
  seqs.push_back(seq);
}

void Gathering::offer(std::vector<Item> items, SteadyTime now, WallTime wall) {
  std::map<std::string, std::vector<Item>> by_rule;
  for (Item& item : items) {
    if (item.alert->old_news) {
      catching_up_[item.alert->rule].add(item.seq, wall);
    } else if (item.alert->stale) {
      Bucket& bucket = buckets_[item.alert->rule];
      bucket.waiting.add(item.seq, wall);
      if (!bucket.due) bucket.due = now + limits_.group_interval;
    } else {
      std::vector<Item>& of_rule = by_rule[item.alert->rule];
      of_rule.push_back(std::move(item));
    }
  }
  for (auto& [rule, of_rule] : by_rule) offer_rule(rule, std::move(of_rule), now, wall);
}

void Gathering::offer_rule(const std::string& rule, std::vector<Item> items, SteadyTime now,
                           WallTime wall) {
  std::map<std::string, std::vector<Item>> by_group;
  for (Item& item : items) {
    std::vector<Item>& group = by_group[group_identity(*item.alert)];
    group.push_back(std::move(item));
  }
  const bool grouped = std::any_of(by_group.begin(), by_group.end(), [](const auto& group) {
    return !group.second.front().alert->group.empty();
  });
  for (auto& [identity, group] : by_group) sort_highest_first(group);
  if (!grouped) {
    for (const auto& [identity, group] : by_group) tell_now(told_at_once(group, wall));
    return;
  }
  Bucket& bucket = buckets_[rule];
  if (!bucket.due) {
    const auto first = std::max_element(by_group.begin(), by_group.end(), [](auto& a, auto& b) {
      return a.second.front().alert->severity < b.second.front().alert->severity;
    });
    tell_now(told_at_once(first->second, wall));
    by_group.erase(first);
    bucket.due = now + limits_.group_interval;
  }
  for (const auto& [identity, group] : by_group) {
    for (const Item& item : group) bucket.waiting.add(item.seq, wall);
  }
}

void Gathering::resolve(Resolution resolution, SteadyTime now, WallTime wall) {
  const bool grouped = !resolution.alert.group.empty();
  Bucket& bucket = buckets_[resolution.alert.rule];
  bucket.resolved.push_back(std::move(resolution));
  if (bucket.due) return;
  tell_now(resolution_of(std::exchange(bucket.resolved, {}), wall));
  if (grouped) bucket.due = now + limits_.group_interval;
}

void Gathering::end_catch_up() {
  for (auto& [rule, rows] : catching_up_) {
    Rows& caught_up = caught_up_[rule];
    if (caught_up.seqs.empty()) {
      caught_up = std::move(rows);
      continue;
    }
    for (const std::uint64_t seq : rows.seqs) caught_up.add(seq, rows.until);
  }
  catching_up_.clear();
}

void Gathering::unmute(const std::vector<Item>& items, WallTime wall) {
  for (const Item& item : items) unmuted_[item.alert->rule].add(item.seq, wall);
}

Composition Gathering::cut(Rows& rows, Notice::Kind kind) const {
  Composition composition;
  composition.kind = kind;
  composition.from = rows.from;
  composition.until = rows.until;
  const std::size_t count = std::min(rows.seqs.size(), limits_.digest_alerts_max);
  const auto end = rows.seqs.begin() + static_cast<std::ptrdiff_t>(count);
  composition.seqs.assign(rows.seqs.begin(), end);
  rows.seqs.erase(rows.seqs.begin(), end);
  return composition;
}

std::optional<Composition> Gathering::take_due(Bucket& bucket, SteadyTime now) {
  if (!bucket.waiting.seqs.empty()) {
    Composition digest = cut(bucket.waiting, Notice::Kind::digest);
    // What is left, or has to be told after it, is due at once; then a new interval begins.
    if (bucket.waiting.seqs.empty() && bucket.resolved.empty()) {
      bucket.due = now + limits_.group_interval;
    }
    return digest;
  }
  if (!bucket.resolved.empty()) {
    bucket.due = now + limits_.group_interval;
    return resolution_of(std::exchange(bucket.resolved, {}), WallTime{});
  }
  return std::nullopt;
}

std::optional<Composition> Gathering::take(SteadyTime now) {
  if (!now_.empty()) {
    Composition first = std::move(now_.front());
    now_.pop_front();
    return first;
  }
  const auto take_from = [&](std::map<std::string, Rows>& by_rule, Notice::Kind kind) {
    const auto rows = by_rule.begin();
    Composition digest = cut(rows->second, kind);
    if (rows->second.seqs.empty()) by_rule.erase(rows);
    return digest;
  };
  if (!caught_up_.empty()) return take_from(caught_up_, Notice::Kind::catch_up);
  if (!unmuted_.empty()) return take_from(unmuted_, Notice::Kind::unsilenced);
  for (auto next = buckets_.begin(); next != buckets_.end();) {
    const auto bucket = next++;
    const bool idle = !bucket->second.due;
    if (!idle && *bucket->second.due > now) continue;
    if (auto digest = take_due(bucket->second, now)) return digest;
    buckets_.erase(bucket);  // an interval without any: the next one is told at once again
  }
  return std::nullopt;
}

std::optional<SteadyTime> Gathering::next_due() const {
  if (!now_.empty() || !caught_up_.empty() || !unmuted_.empty()) return SteadyTime::min();
  std::optional<SteadyTime> next;
  for (const auto& [rule, bucket] : buckets_) {
    if (bucket.due && (!next || *bucket.due < *next)) next = bucket.due;
  }
  return next;
}

Composition Gathering::take_all() {
  Composition all;
  const auto add = [&](auto& seqs, auto& resolved) {
    all.seqs.insert(all.seqs.end(), seqs.begin(), seqs.end());
    all.resolved.insert(all.resolved.end(), resolved.begin(), resolved.end());
  };
  const std::vector<Resolution> none;
  for (const Composition& composition : now_) add(composition.seqs, composition.resolved);
  for (const auto& [rule, bucket] : buckets_) add(bucket.waiting.seqs, bucket.resolved);
  for (const auto* rows : {&catching_up_, &caught_up_, &unmuted_}) {
    for (const auto& [rule, of_rule] : *rows) add(of_rule.seqs, none);
  }
  now_.clear();
  buckets_.clear();
  catching_up_.clear();
  caught_up_.clear();
  unmuted_.clear();
  return all;
}

std::size_t Gathering::waiting() const {
  std::size_t count = now_.size();
  for (const auto& [rule, bucket] : buckets_) {
    count += bucket.waiting.seqs.size() + bucket.resolved.size();
  }
  for (const auto* rows : {&catching_up_, &caught_up_, &unmuted_}) {
    for (const auto& [rule, of_rule] : *rows) count += of_rule.seqs.size();
  }
  return count;
}

std::optional<WallTime> Gathering::oldest() const {
  std::optional<WallTime> oldest;
  const auto take_in = [&](WallTime t) { oldest = oldest ? std::min(*oldest, t) : t; };
  for (const Composition& composition : now_) take_in(composition.from);
  for (const auto& [rule, bucket] : buckets_) {
    if (!bucket.waiting.seqs.empty()) take_in(bucket.waiting.from);
  }
  for (const auto* rows : {&catching_up_, &caught_up_, &unmuted_}) {
    for (const auto& [rule, of_rule] : *rows) take_in(of_rule.from);
  }
  return oldest;
}

}  // namespace tocsin
