// SPDX-License-Identifier: Apache-2.0
#include "state/counts.h"

#include "tocsin/group.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::size_t kModelsMax = 1000;

}  // namespace

void Counts::add(const Counts& other) {
  for (std::size_t i = 0; i < kCounts; ++i) n[i] += other.n[i];
  for (std::size_t i = 0; i < kQuarantineReasons; ++i) quarantined[i] += other.quarantined[i];
  cost += other.cost;
  late_cost += other.late_cost;
  saved += other.saved;
  for (const auto& [model, more] : other.unpriced_models) {
    auto known = unpriced_models.find(model);
    if (known == unpriced_models.end()) {
      const bool room = unpriced_models.size() < kModelsMax;
      known = unpriced_models.try_emplace(room ? model : std::string(kOther)).first;
    }
    known->second.requests += more.requests;
    known->second.input_tokens += more.input_tokens;
    known->second.output_tokens += more.output_tokens;
  }
}

void Counts::clear() { *this = Counts{}; }

std::string Counts::encode() const {
  std::string bytes;
  RowWriter out(bytes);
  out.number(kCounts);
  for (const auto count : n) out.number(count);
  out.number(kQuarantineReasons);
  for (const auto count : quarantined) out.number(count);
  out.amount(cost.pico());
  out.amount(late_cost.pico());
  out.number(unpriced_models.size());
  for (const auto& [model, seen] : unpriced_models) {
    out.text(model);
    out.number(seen.requests);
    out.number(seen.input_tokens);
    out.number(seen.output_tokens);
  }
  out.amount(saved.pico());
  return bytes;
}

bool Counts::decode(std::string_view bytes) {
  clear();
  RowReader in(bytes);
  const std::uint64_t counts = in.number();
  for (std::uint64_t i = 0; i < counts && in.ok(); ++i) {
    const std::uint64_t value = in.number();
    if (i < kCounts) n[i] = value;
  }
  const std::uint64_t reasons = in.number();
  for (std::uint64_t i = 0; i < reasons && in.ok(); ++i) {
    const std::uint64_t value = in.number();
    if (i < kQuarantineReasons) quarantined[i] = value;
  }
  cost = Money::pico(in.amount());
  late_cost = Money::pico(in.amount());
  const std::uint64_t models = in.number();
  for (std::uint64_t i = 0; i < models && in.ok(); ++i) {
    auto& seen = unpriced_models[std::string(in.text())];
    seen.requests = in.number();
    seen.input_tokens = in.number();
    seen.output_tokens = in.number();
  }
  if (!in.done()) saved = Money::pico(in.amount());  // formats before 4 end here
  return in.ok() && in.done();
}

}  // namespace tocsin
