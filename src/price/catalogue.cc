// SPDX-License-Identifier: Apache-2.0
#include "price/catalogue.h"

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "match/pattern.h"
#include "price/units.h"
#include "tocsin/ascii.h"
#include "tocsin/result.h"

namespace tocsin::prices {
namespace {

// How many first characters of an expression stand for themselves.
std::size_t literal_start(std::string_view expression) {
  if (expression.find('|') != std::string_view::npos) return 0;
  const std::size_t end = std::min(expression.find_first_of("\\^$.?*+()[]{}"), expression.size());
  const bool counted = end < expression.size() &&
                       std::string_view("?*+{").find(expression[end]) != std::string_view::npos;
  return end - (counted && end > 0 ? 1 : 0);
}

}  // namespace

struct Regex::Compiled {
  std::once_flag once;
  std::optional<Result<Pattern>> pattern;
};

Regex::Regex(std::string_view text)
    : text_(text), literal_(literal_start(text)), compiled_(std::make_unique<Compiled>()) {}
Regex::~Regex() = default;

const Regex::Compiled& Regex::compiled() const {
  Compiled& own = *compiled_;
  std::call_once(own.once, [&] { own.pattern.emplace(Pattern::compile(text_)); });
  return own;
}

std::string Regex::fault() const {
  const Result<Pattern>& pattern = *compiled().pattern;
  return pattern ? std::string() : pattern.error().message;
}

bool Regex::matches(std::string_view name) const {
  if (!name.starts_with(text_.substr(0, literal_))) return false;
  const Result<Pattern>& pattern = *compiled().pattern;
  return pattern && pattern->matches(name);
}

std::string_view Rate::per() const {
  for (const RateGroup& group : kRateGroups) {
    if (group.scale == scale) return group.per;
  }
  return "1";
}

bool Rate::of_tokens() const { return scale == 1'000'000 && !unit.ends_with("characters"); }

const Rate* Tier::own(std::string_view unit) const {
  for (const Rate& one : rates) {
    if (one.unit == unit) return &one;
  }
  return nullptr;
}

void Tier::index() {
  for (Rate& one : rates) {
    const int128 each = one.scale * power_of_ten(kRateScale - kPicoScale);
    one.pico = one.atto % each == 0 ? static_cast<std::int64_t>(one.atto / each) : 0;
  }
  for (std::size_t i = 0; i < kUnits; ++i) {
    const Rate* const rate = own(kUnitNames[i]);
    places[i] = static_cast<std::int8_t>(rate == nullptr ? -1 : rate - rates.data());
  }
  const Rate* const of_request = own(kRequestUnit);
  request = static_cast<std::int8_t>(of_request == nullptr ? -1 : of_request - rates.data());
}

bool Daily::holds(std::int64_t ms) const {
  constexpr std::int64_t kDay = 86'400'000;
  std::int64_t day = ms / kDay;
  if (ms % kDay < 0) --day;
  const int minute = static_cast<int>((ms - day * kDay) / 60'000);
  const bool over_midnight = until <= from;
  if (over_midnight && minute < until) {
    --day;  // it began yesterday
  } else if (minute < from || (!over_midnight && minute >= until)) {
    return false;
  }
  const std::int64_t weekday = ((day + 3) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  return (days >> weekday & 1U) != 0;
}

bool Condition::holds(const Event& event) const {
  const auto is = [&](std::string_view said) {
    return std::any_of(values.begin(), values.end(),
                       [&](std::string_view value) { return same_name(said, value); });
  };
  if (name == "service_tier") return is(event.service_tier);
  return std::any_of(event.properties.begin(), event.properties.end(), [&](const Property& own) {
    return same_name(own.name, name) && is(own.value);
  });
}

bool Clause::holds(std::string_view name) const {
  return (equals.empty() || name == equals) &&
         (starts_with.empty() || name.starts_with(starts_with)) &&
         (ends_with.empty() || name.ends_with(ends_with)) &&
         (contains.empty() || name.find(contains) != std::string_view::npos) &&
         (without.empty() || name.find(without) == std::string_view::npos) &&
         (regex == nullptr || regex->matches(name));
}

bool any_holds(const Clauses& clauses, std::string_view name) {
  return std::any_of(clauses.begin(), clauses.end(),
                     [&](const Clause& clause) { return clause.holds(name); });
}

const Period* Model::at(std::int64_t ms) const {
  for (auto period = periods.rbegin(); period != periods.rend(); ++period) {
    if (period->span.holds(ms) && (!period->daily || period->daily->holds(ms))) return &*period;
  }
  return nullptr;
}

bool Provider::answers_to(std::string_view lower_name) const {
  return name == lower_name ||
         std::find(aliases.begin(), aliases.end(), lower_name) != aliases.end();
}

bool Provider::stands_in_for(const Provider& other, std::string_view lower_name) const {
  return std::any_of(fallback_for.begin(), fallback_for.end(), [&](std::string_view served) {
    return served == lower_name || served == other.name;
  });
}

const Model* Provider::match(std::string_view lower_name) const {
  const auto found = std::find_if(models.begin(), models.end(), [&](const Model& model) {
    return any_holds(model.match, lower_name);
  });
  return found == models.end() ? nullptr : &*found;
}

void Catalogue::add(Provider added) {
  const auto known = std::find_if(providers.begin(), providers.end(),
                                  [&](const Provider& p) { return p.name == added.name; });
  if (known == providers.end()) {
    providers.push_back(std::move(added));
    return;
  }
  const auto replaced = [&](const Model& model) {
    return std::any_of(added.models.begin(), added.models.end(),
                       [&](const Model& m) { return m.name == model.name; });
  };
  std::erase_if(known->models, replaced);
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(added.models, known->models);
  append(added.aliases, known->aliases);
  append(added.names, known->names);
  append(added.fallback_for, known->fallback_for);
  append(added.unnamed, known->unnamed);
  append(known->discounts, added.discounts);
  added.discounts = std::move(known->discounts);
  append(known->surcharges, added.surcharges);
  added.surcharges = std::move(known->surcharges);
  added.updated = std::max(added.updated, known->updated);
  *known = std::move(added);
}

}  // namespace tocsin::prices
