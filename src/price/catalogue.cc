// SPDX-License-Identifier: Apache-2.0
#include "price/catalogue.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

constexpr std::size_t kNameMax = 256;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A short text on the stack: resolving must not allocate.
class Lower {
 public:
  explicit Lower(std::string_view text) : size_(std::min(text.size(), kNameMax)) {
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.begin(),
                   [](char c) { return to_lower(c); });
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kNameMax> bytes_{};
  std::size_t size_;
};

bool all_digits(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

// Eight digits that can be a day of this century.
bool is_compact_date(std::string_view text) {
  if (text.size() != 8 || !all_digits(text) || !text.starts_with("20")) return false;
  const std::string_view month = text.substr(4, 2);
  const std::string_view day = text.substr(6, 2);
  return month >= "01" && month <= "12" && day >= "01" && day <= "31";
}

struct DatedName {
  std::string_view base;               // without the date
  std::array<char, kNameMax> other{};  // with it, spelt the other way
  std::size_t other_size = 0;

  std::string_view respelt() const { return {other.data(), other_size}; }
};

void put(DatedName& dated, std::string_view text) {
  for (const char c : text.substr(0, kNameMax - dated.other_size)) {
    dated.other[dated.other_size++] = c;
  }
}

std::optional<DatedName> split_date(std::string_view name) {
  DatedName dated;
  const std::size_t size = name.size();
  if (size > 9 && (name[size - 9] == '-' || name[size - 9] == '@') &&
      is_compact_date(name.substr(size - 8))) {
    const std::string_view date = name.substr(size - 8);
    dated.base = name.substr(0, size - 9);
    for (const std::string_view part :
         {dated.base, std::string_view("-"), date.substr(0, 4), std::string_view("-"),
          date.substr(4, 2), std::string_view("-"), date.substr(6, 2)}) {
      put(dated, part);
    }
    return dated;
  }
  if (size > 11 && name[size - 11] == '-' && name[size - 6] == '-' && name[size - 3] == '-') {
    dated.base = name.substr(0, size - 11);
    for (const std::string_view part :
         {dated.base, std::string_view("-"), name.substr(size - 10, 4), name.substr(size - 5, 2),
          name.substr(size - 2)}) {
      put(dated, part);
    }
    const std::string_view respelt = dated.respelt();
    if (is_compact_date(respelt.substr(respelt.size() - 8))) return dated;
  }
  return std::nullopt;
}

const Model* match(const Provider& provider, std::string_view name) {
  for (const Model& model : provider.models) {
    for (const Clause& clause : model.match) {
      if (clause.holds(name)) return &model;
    }
  }
  return nullptr;
}

}  // namespace

const Rate* Tier::rate(Unit unit) const {
  const std::int8_t place = of_unit[static_cast<std::size_t>(unit)];
  return place < 0 ? nullptr : &rates[static_cast<std::size_t>(place)];
}

const Rate* Tier::rate(std::string_view unit) const {
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
  const auto place = [this](Unit unit) {
    const Rate* const own = rate(kUnitNames[static_cast<std::size_t>(unit)]);
    return static_cast<std::int8_t>(own == nullptr ? -1 : own - rates.data());
  };
  for (std::size_t i = 0; i < kUnits; ++i) of_unit[i] = place(static_cast<Unit>(i));
  const auto fall_back = [this](Unit unit, Unit parent) {
    std::int8_t& own = of_unit[static_cast<std::size_t>(unit)];
    if (own < 0) own = of_unit[static_cast<std::size_t>(parent)];
  };
  fall_back(Unit::cache_read, Unit::input);
  fall_back(Unit::cache_write, Unit::input);
  fall_back(Unit::cache_write_1h, Unit::cache_write);
  fall_back(Unit::input_audio, Unit::input);
  fall_back(Unit::output_audio, Unit::output);
}

bool Clause::holds(std::string_view name) const {
  return (equals.empty() || name == equals) &&
         (starts_with.empty() || name.starts_with(starts_with)) &&
         (ends_with.empty() || name.ends_with(ends_with)) &&
         (contains.empty() || name.find(contains) != std::string_view::npos) &&
         (without.empty() || name.find(without) == std::string_view::npos);
}

const Period* Model::at(std::int64_t ms) const {
  for (auto period = periods.rbegin(); period != periods.rend(); ++period) {
    if (period->from_ms <= ms && ms < period->until_ms) return &*period;
  }
  return nullptr;
}

bool Provider::answers_to(std::string_view lower_name) const {
  return name == lower_name ||
         std::find(aliases.begin(), aliases.end(), lower_name) != aliases.end();
}

bool Provider::stands_in_for(const Provider& other, std::string_view lower_name) const {
  return std::any_of(fallback_for.begin(), fallback_for.end(), [&](const std::string& served) {
    return served == lower_name || served == other.name;
  });
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
  for (Model& model : known->models) added.models.push_back(std::move(model));
  for (std::string& alias : known->aliases) added.aliases.push_back(std::move(alias));
  for (std::string& served : known->fallback_for) added.fallback_for.push_back(std::move(served));
  added.updated = std::max(added.updated, known->updated);
  *known = std::move(added);
}

const Model* Catalogue::resolve(std::string_view provider, std::string_view model) const {
  if (provider.size() > kNameMax || model.size() > kNameMax || model.empty()) return nullptr;
  const Lower lower_provider(provider);
  const Lower lower_model(model);
  std::string_view wanted = lower_provider.view();
  std::string_view name = lower_model.view();
  const std::size_t slash = name.find('/');
  if (wanted.empty() && slash != std::string_view::npos) wanted = name.substr(0, slash);
  static const Provider kNobody;
  const auto known = std::find_if(providers.begin(), providers.end(),
                                  [&](const Provider& p) { return p.answers_to(wanted); });
  const Provider& own = known == providers.end() ? kNobody : *known;
  const auto anywhere = [&](std::string_view tried) -> const Model* {
    if (const Model* found = match(own, tried)) return found;
    for (const Provider& other : providers) {
      if (!wanted.empty() && other.stands_in_for(own, wanted)) {
        if (const Model* found = match(other, tried)) return found;
      }
    }
    return nullptr;
  };
  const auto dated_or_not = [&](std::string_view tried) -> const Model* {
    if (const Model* found = anywhere(tried)) return found;
    const auto dated = split_date(tried);
    if (!dated) return nullptr;
    if (const Model* found = anywhere(dated->respelt())) return found;
    return anywhere(dated->base);
  };
  if (const Model* found = dated_or_not(name)) return found;
  const bool prefixed = slash != std::string_view::npos &&
                        (name.substr(0, slash) == wanted || own.answers_to(name.substr(0, slash)));
  return prefixed ? dated_or_not(name.substr(slash + 1)) : nullptr;
}

}  // namespace tocsin::prices
