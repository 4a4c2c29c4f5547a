// SPDX-License-Identifier: Apache-2.0
#include "price/lookalike.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <tuple>

#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

bool is_number(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

// A name in parts: "gpt", "4o", "mini"; "o", "3".
std::vector<std::string_view> parts_of(std::string_view name) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const bool inside = i < name.size() && (is_number(name[i]) || is_letter(name[i]));
    const bool turns = inside && i > begin && is_number(name[i]) && is_letter(name[i - 1]) &&
                       is_letter(name[begin]);
    if (inside && !turns) continue;
    if (i > begin) parts.push_back(name.substr(begin, i - begin));
    begin = turns ? i : i + 1;
  }
  return parts;
}

// What a name says of its model.
struct Described {
  explicit Described(std::string_view name) : parts(parts_of(name)) {
    for (const std::string_view part : parts) {
      if (is_number(part.front())) {
        version.push_back(std::atoi(std::string(part.substr(0, 6)).c_str()));
      } else if (part != "latest" && part != "preview") {
        words.push_back(part);
      }
    }
  }
  bool says(std::string_view word) const {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  std::vector<std::string_view> parts, words;
  std::vector<int> version;
};

struct Candidate {
  const Model* model;
  Described described;
  int128 price;  // of a million tokens of input, else of output
};

int128 price_of(const Model& model, std::int64_t at_ms) {
  const Period* const period = model.at(at_ms);
  if (period == nullptr) return 0;
  const Tier& tier = period->tiers.front();
  for (const Unit unit : {Unit::input, Unit::output}) {
    if (const Rate* const rate = tier.own(unit)) return rate->atto * 1'000'000 / rate->scale;
  }
  return 0;
}

int likeness(const Described& own, const Described& other) {
  int score = 0;
  for (const std::string_view word : own.words) score += other.says(word) ? 2 : -1;
  for (const std::string_view word : other.words) score -= own.says(word) ? 0 : 2;
  return score;
}

int versions_apart(const Described& own, const Described& other) {
  if (own.version.empty() || other.version.empty()) {
    return own.version.size() == other.version.size() ? 0 : 1'000'000;
  }
  return std::abs(own.version.front() - other.version.front());
}

std::ptrdiff_t begin_alike(const Described& own, const Described& other) {
  return std::mismatch(own.parts.begin(), own.parts.end(), other.parts.begin(), other.parts.end())
             .first -
         own.parts.begin();
}

const Candidate* nearest_of_kind(const Described& own, const std::vector<Candidate>& all) {
  const auto rank = [&](const Candidate& c) {
    return std::tuple(likeness(own, c.described), -versions_apart(own, c.described),
                      c.described.version);
  };
  const auto found = std::max_element(
      all.begin(), all.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return found == all.end() ? nullptr : &*found;
}

const Candidate* dearest_by_name(const Described& own, const std::vector<Candidate>& all,
                                 const Candidate& besides) {
  const Candidate* found = nullptr;
  const auto rank = [&](const Candidate& c) {
    return std::tuple(begin_alike(own, c.described), c.price);
  };
  for (const Candidate& one : all) {
    if (one.price == besides.price) continue;
    if (found == nullptr || rank(*found) < rank(one)) found = &one;
  }
  return found;
}

// Who sells it, and what it is called there.
struct Sold {
  const Provider* by = nullptr;
  std::string_view provider, model;
};

Sold seller_of(const Catalogue& catalogue, std::string_view provider, std::string_view model) {
  const std::size_t slash = std::min(model.find('/'), model.size());
  const std::string_view prefix = slash == model.size() ? "" : model.substr(0, slash);
  Sold sold{catalogue.find(provider), provider, model};
  if (sold.by == nullptr && !prefix.empty()) {
    sold = {catalogue.find(prefix), prefix, model.substr(slash + 1)};
  } else if (sold.by != nullptr && sold.by->answers_to(prefix)) {
    sold.model.remove_prefix(slash + 1);
  }
  if (sold.by == nullptr && provider.empty()) {
    const auto owner =
        std::find_if(catalogue.providers.begin(), catalogue.providers.end(),
                     [&](const Provider& p) { return any_holds(p.unnamed, sold.model); });
    if (owner != catalogue.providers.end()) sold.by = &*owner;
    if (sold.by != nullptr) sold.provider = sold.by->name;
  }
  return sold;
}

}  // namespace

std::vector<const Model*> lookalikes(const Catalogue& catalogue, std::string_view provider,
                                     std::string_view model, std::int64_t at_ms) {
  const std::string lower_provider = to_lower(provider);
  const std::string lower_model = to_lower(model);
  const Sold sold = seller_of(catalogue, lower_provider, lower_model);
  const Described own(sold.model);
  std::vector<const Model*> result;
  if (sold.by == nullptr || own.words.empty()) return result;
  std::vector<Candidate> all;
  for (const Provider& other : catalogue.providers) {
    if (&other != sold.by && !other.stands_in_for(*sold.by, sold.provider)) continue;
    for (const Model& one : other.models) {
      Candidate candidate{&one, Described(one.name), price_of(one, at_ms)};
      const auto& words = candidate.described.words;
      if (candidate.price == 0 || words.empty() || words.front() != own.words.front()) continue;
      all.push_back(std::move(candidate));
    }
  }
  const Candidate* const kind = nearest_of_kind(own, all);
  if (kind == nullptr) return result;
  result.push_back(kind->model);
  if (const Candidate* const name = dearest_by_name(own, all, *kind)) {
    result.push_back(name->model);
  }
  return result;
}

}  // namespace tocsin::prices
