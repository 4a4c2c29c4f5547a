// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "price/catalogue.h"
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

void put_date(DatedName& dated, std::string_view compact) {
  for (const std::string_view part :
       {compact.substr(0, 4), compact.substr(4, 2), compact.substr(6)}) {
    put(dated, "-");
    put(dated, part);
  }
}

// A name that ends in a date.
std::optional<DatedName> split_date(std::string_view name) {
  DatedName dated;
  const std::size_t size = name.size();
  if (size > 9 && (name[size - 9] == '-' || name[size - 9] == '@') &&
      is_compact_date(name.substr(size - 8))) {
    dated.base = name.substr(0, size - 9);
    put(dated, dated.base);
    put_date(dated, name.substr(size - 8));
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

// The name with its dates in the middle (-20251211 before - or :) written with dashes; nothing if
// there are none.
std::optional<DatedName> respell_within(std::string_view name) {
  DatedName dated;
  std::size_t copied = 0;
  for (std::size_t i = 0; i + 9 < name.size(); ++i) {
    const char after = name[i + 9];
    if (name[i] != '-' || (after != '-' && after != ':')) continue;
    const std::string_view date = name.substr(i + 1, 8);
    if (!is_compact_date(date)) continue;
    put(dated, name.substr(copied, i - copied));
    put_date(dated, date);
    copied = i + 9;
  }
  if (copied == 0) return std::nullopt;
  put(dated, name.substr(copied));
  return dated;
}

}  // namespace

const Provider* Catalogue::find(std::string_view lower_provider) const {
  if (lower_provider.empty()) return nullptr;
  const auto first = [&](auto&& is) -> const Provider* {
    const auto found = std::find_if(providers.begin(), providers.end(), is);
    return found == providers.end() ? nullptr : &*found;
  };
  if (const auto* own = first([&](const Provider& p) { return p.answers_to(lower_provider); })) {
    return own;
  }
  return first([&](const Provider& p) { return any_holds(p.names, lower_provider); });
}

const Model* Catalogue::resolve(std::string_view provider, std::string_view model) const {
  if (provider.size() > kNameMax || model.size() > kNameMax || model.empty()) return nullptr;
  const Lower lower_provider(provider);
  const Lower lower_model(model);
  std::string_view wanted = lower_provider.view();
  const std::string_view name = lower_model.view();
  const std::size_t slash = std::min(name.find('/'), name.size());
  const std::string_view prefix = slash == name.size() ? std::string_view() : name.substr(0, slash);
  const Provider* known = find(wanted);
  if (known == nullptr && (wanted.empty() || find(prefix) != nullptr)) {
    wanted = prefix;
    known = find(prefix);
  }
  if (known == nullptr && provider.empty()) {
    const auto owner = std::find_if(providers.begin(), providers.end(),
                                    [&](const Provider& p) { return any_holds(p.unnamed, name); });
    if (owner != providers.end()) known = &*owner;
    if (known != nullptr) wanted = known->name;
  }
  static const Provider kNobody;
  const Provider& own = known == nullptr ? kNobody : *known;
  const auto anywhere = [&](std::string_view tried) -> const Model* {
    if (const Model* found = own.match(tried)) return found;
    for (const Provider& other : providers) {
      if (!wanted.empty() && other.stands_in_for(own, wanted)) {
        if (const Model* found = other.match(tried)) return found;
      }
    }
    return nullptr;
  };
  const auto dated_or_not = [&](std::string_view tried) -> const Model* {
    if (const Model* found = anywhere(tried)) return found;
    if (const auto dated = respell_within(tried)) {
      if (const Model* found = anywhere(dated->respelt())) return found;
    }
    const auto dated = split_date(tried);
    if (!dated) return nullptr;
    if (const Model* found = anywhere(dated->respelt())) return found;
    return anywhere(dated->base);
  };
  if (const Model* found = dated_or_not(name)) return found;
  const bool prefixed = !prefix.empty() && (prefix == wanted || own.answers_to(prefix));
  return prefixed ? dated_or_not(name.substr(slash + 1)) : nullptr;
}

}  // namespace tocsin::prices
