// SPDX-License-Identifier: Apache-2.0
#include "state/unpriced.h"

#include <algorithm>
#include <iterator>

#include "state/keys.h"
#include "tocsin/group.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kUnpricedVersion = 1;
constexpr std::size_t kServicesMax = 16;
constexpr std::size_t kUnitsMax = 24;
constexpr std::size_t kGroupsMax = 32;
constexpr std::size_t kGroupsOfRule = 4;
constexpr std::size_t kGroupSizeMax = 300;
constexpr std::size_t kLikesMax = 4;
constexpr std::size_t kNameMax = 64;

void count(Tally& tally, std::string_view name, std::uint64_t more, std::size_t most) {
  auto known = tally.find(name);
  if (known == tally.end()) {
    if (tally.size() >= most) name = kOther;
    known = tally.try_emplace(std::string(name)).first;
  }
  known->second += more;
}

void write(RowWriter& out, const Tally& tally) {
  out.number(tally.size());
  for (const auto& [name, n] : tally) {
    out.text(name);
    out.number(n);
  }
}

void read(RowReader& in, Tally& tally) {
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    std::string name(in.text());
    tally[std::move(name)] = in.number();
  }
}

}  // namespace

void UnpricedRow::add_service(std::string_view service, std::uint64_t more) {
  count(services, service.empty() ? kNone : service, more, kServicesMax);
}

void UnpricedRow::add_unit(std::string_view unit, std::uint64_t more) {
  count(units, unit.substr(0, kNameMax), more, kUnitsMax);
}

void UnpricedRow::add_lacking(std::string_view unit, std::uint64_t more) {
  count(lacking, unit.substr(0, kNameMax), more, kUnitsMax);
}

void UnpricedRow::add_group(std::string_view rule, std::string_view group, std::uint64_t more) {
  const auto whole = groups.find(rule);
  if (whole != groups.end()) {
    whole->second += more;
    return;
  }
  std::string name(rule);
  name.push_back('\0');
  const auto first = groups.lower_bound(name);
  const std::size_t before = name.size();
  name += group;
  if (const auto known = groups.find(name); known != groups.end()) {
    known->second += more;
    return;
  }
  auto last = first;
  std::uint64_t of_rule = more;
  std::size_t its_groups = 0;
  for (; last != groups.end() &&
         std::string_view(last->first).starts_with(std::string_view(name).substr(0, before));
       ++last) {
    of_rule += last->second;
    ++its_groups;
  }
  if (its_groups < kGroupsOfRule && groups.size() < kGroupsMax && group.size() <= kGroupSizeMax) {
    groups.emplace(std::move(name), more);
    return;
  }
  groups.erase(first, last);
  if (groups.size() < kGroupsMax) groups.emplace(std::string(rule), of_rule);
}

void UnpricedRow::add_like(std::string_view model, const Like& like) {
  auto known = likes.find(model);
  if (known == likes.end()) {
    if (likes.size() >= kLikesMax) return;
    known = likes.try_emplace(std::string(model)).first;
  }
  known->second.requests += like.requests;
  known->second.cost += like.cost;
}

void UnpricedRow::add(const UnpricedRow& other) {
  requests += other.requests;
  partial += other.partial;
  estimated += other.estimated;
  priced_later += other.priced_later;
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  since = std::min(since, other.since);
  estimate += other.estimate;
  for (const auto& [unit, n] : other.units) add_unit(unit, n);
  for (const auto& [unit, n] : other.lacking) add_lacking(unit, n);
  for (const auto& [service, n] : other.services) count(services, service, n, kServicesMax);
  for (const auto& [name, n] : other.groups) {
    const auto [rule, group] = group_of(name);
    if (group) {
      add_group(rule, *group, n);
    } else {
      // Too large for any row, so that the rule's other groups are joined.
      add_group(rule, std::string(kGroupSizeMax + 1, '\0'), n);
    }
  }
  for (const auto& [model, like] : other.likes) add_like(model, like);
}

UnpricedGroup group_of(std::string_view name) {
  const std::size_t zero = name.find('\0');
  if (zero == std::string_view::npos) return {name, std::nullopt};
  return {name.substr(0, zero), name.substr(zero + 1)};
}

UnpricedRows::Rows::iterator UnpricedRows::find_or_add(UnpricedKey key) {
  if (const auto known = rows_.find(key); known != rows_.end()) return known;
  const auto first = rows_.lower_bound(UnpricedKey{key.day, key.kind, {}, {}});
  const auto last = std::find_if(first, rows_.end(), [&](const auto& row) {
    return row.first.day != key.day || row.first.kind != key.kind;
  });
  if (static_cast<std::size_t>(std::distance(first, last)) >= kModelsMax) {
    key.model = kOther;
    key.service.clear();
    if (const auto known = rows_.find(key); known != rows_.end()) return known;
  }
  if (rows_.size() >= kRowsMax) return rows_.end();
  return rows_.try_emplace(std::move(key)).first;
}

UnpricedRow* UnpricedRows::find(const UnpricedKey& key) {
  const auto known = rows_.find(key);
  return known == rows_.end() ? nullptr : &known->second;
}

void UnpricedBook::add(const UnpricedRows& more, std::int32_t first_day) {
  for (const auto& [key, row] : more.rows()) {
    if (key.day < first_day) continue;
    const auto known = rows_.find_or_add(key);
    if (rows_.end(known)) continue;
    if (known->second.requests == 0) ++untold_;
    known->second.add(row);
    changed_.insert(known->first);
  }
}

void UnpricedBook::tell(const UnpricedKey& key) {
  UnpricedRow* const row = rows_.find(key);
  if (row == nullptr || row->told) return;
  row->told = true;
  --untold_;
  changed_.insert(key);
}

void UnpricedBook::price_later(const UnpricedKey& key, std::uint64_t requests) {
  UnpricedRow* const row = rows_.find(key);
  if (row == nullptr) return;
  row->priced_later = std::min(row->requests, row->priced_later + requests);
  changed_.insert(key);
}

void UnpricedBook::lose_price(const UnpricedKey& key, std::uint64_t requests) {
  UnpricedRow* const row = rows_.find(key);
  if (row == nullptr) return;
  row->priced_later -= std::min(row->priced_later, requests);
  changed_.insert(key);
}

void UnpricedBook::forget(std::int32_t first_day, WriteBatch& commit) {
  while (!rows_.empty() && rows_.rows().begin()->first.day < first_day) {
    const auto& [key, row] = *rows_.rows().begin();
    if (!row.told) --untold_;
    commit.erase(unpriced_key(key));
    changed_.erase(key);
    rows_.erase(UnpricedKey(key));
  }
}

bool UnpricedBook::load(std::string_view bytes) {
  UnpricedKey key;
  UnpricedRow row;
  if (!decode_unpriced(bytes, key, row)) return false;
  if (!row.told) ++untold_;
  rows_.put(std::move(key), std::move(row));
  return true;
}

void UnpricedBook::write(WriteBatch& commit) {
  for (const auto& key : changed_)
    commit.put(unpriced_key(key), encode_unpriced(key, *rows_.find(key)));
  changed_.clear();
}

std::string unpriced_key(const UnpricedKey& of) {
  std::string bytes(1, key::kUnpriced);
  key::append_i64(bytes, of.day);
  RowWriter out(bytes);
  out.byte(static_cast<std::uint8_t>(of.kind));
  out.text(of.model);
  out.text(of.service);
  return bytes;
}

std::string encode_unpriced(const UnpricedKey& key, const UnpricedRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kUnpricedVersion);
  out.signed_number(key.day);
  out.byte(static_cast<std::uint8_t>(key.kind));
  out.text(key.model);
  out.text(key.service);
  for (const std::uint64_t n : {row.requests, row.partial, row.estimated, row.priced_later,
                                row.input_tokens, row.output_tokens}) {
    out.number(n);
  }
  out.signed_number(to_ms(row.since));
  out.amount(row.estimate.pico());
  for (const Tally* tally : {&row.units, &row.lacking, &row.services, &row.groups}) {
    write(out, *tally);
  }
  out.number(row.likes.size());
  for (const auto& [model, like] : row.likes) {
    out.text(model);
    out.number(like.requests);
    out.amount(like.cost.pico());
  }
  out.byte(row.told ? 1 : 0);
  return bytes;
}

bool decode_unpriced(std::string_view bytes, UnpricedKey& key, UnpricedRow& row) {
  RowReader in(bytes);
  if (in.byte() != kUnpricedVersion) return false;
  key.day = static_cast<std::int32_t>(in.signed_number());
  const std::uint8_t kind = in.byte();
  key.kind = static_cast<UnpricedKey::Kind>(kind);
  key.model = in.text();
  key.service = in.text();
  row = UnpricedRow{};
  for (std::uint64_t* n : {&row.requests, &row.partial, &row.estimated, &row.priced_later,
                           &row.input_tokens, &row.output_tokens}) {
    *n = in.number();
  }
  row.since = event_time_ms(in.signed_number());
  row.estimate = Money::pico(in.amount());
  for (Tally* tally : {&row.units, &row.lacking, &row.services, &row.groups}) read(in, *tally);
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    std::string model(in.text());
    UnpricedRow::Like& like = row.likes[std::move(model)];
    like.requests = in.number();
    like.cost = Money::pico(in.amount());
  }
  const std::uint8_t told = in.byte();
  row.told = told == 1;
  return in.ok() && in.done() && told <= 1 && kind <= 1;
}

}  // namespace tocsin
