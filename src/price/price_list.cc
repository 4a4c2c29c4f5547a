// SPDX-License-Identifier: Apache-2.0
#include "price/price_list.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <unordered_map>
#include <utility>

#include "hash/fingerprint.h"
#include "price/built_in.h"
#include "price/catalogue.h"
#include "price/compiled.h"
#include "price/load.h"
#include "price/lookalike.h"
#include "price/units.h"

namespace tocsin {

struct PriceList::Data {
  std::string bytes;  // of a restored one; its texts are in there
  prices::Catalogue catalogue;
  std::size_t models = 0;
  std::string date;
  const prices::Model* unknown_like = nullptr;
  std::string unknown_like_name;
};

namespace {

using prices::Rate;
using prices::Tier;

const Tier& tier_for(const prices::Tiers& tiers, std::int64_t input_tokens) {
  const Tier* tier = &tiers.front();
  for (const Tier& higher : tiers) {
    if (input_tokens > higher.above) tier = &higher;
  }
  return *tier;
}

// What holds for one event: the prices of each variant that does, and beneath them the standard.
class Offer {
 public:
  Offer(const prices::Model& model, const prices::Period& period, const Event& event,
        std::int64_t ms) {
    const std::int64_t input =
        event.usage.others.empty() ? event.usage.input_tokens() : prices::input_tokens(event.usage);
    for (const prices::Variant& variant : model.variants) {
      if (!variant.span.holds(ms)) continue;
      if (!std::all_of(variant.when.begin(), variant.when.end(),
                       [&](const auto& condition) { return condition.holds(event); })) {
        continue;
      }
      if (size_ == 0) variant_ = variant.label;
      layers_[size_++] = &tier_for(variant.tiers, input);
    }
    layers_[size_++] = &tier_for(period.tiers, input);
  }

  std::string_view variant() const { return variant_; }

  template <class Name>
  const Rate* own(const Name& unit) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (const Rate* const rate = layers_[i]->own(unit)) return rate;
    }
    return nullptr;
  }
  const Rate* request() const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (layers_[i]->request >= 0) {
        return &layers_[i]->rates[static_cast<std::size_t>(layers_[i]->request)];
      }
    }
    return nullptr;
  }
  // Its own, or that of what it is a kind of.
  const Rate* rate(Unit unit) const { return first(own(unit), prices::kind_of(unit)); }
  const Rate* rate(std::string_view unit) const {
    const Rate* const found = own(unit);
    const prices::KnownUnit* const known = found ? nullptr : prices::known_unit(unit);
    return known == nullptr ? found : first(found, known->kind_of);
  }

 private:
  template <class Names>
  const Rate* first(const Rate* found, const Names& kinds) const {
    for (auto kind = kinds.begin(); found == nullptr && kind != kinds.end(); ++kind) {
      found = own(*kind);
    }
    return found;
  }

  std::array<const Tier*, prices::kVariantsMax + 1> layers_;
  std::size_t size_ = 0;
  std::string_view variant_;
};

Money component(std::int64_t count, const Rate& rate) {
  if (rate.pico != 0) return Money::pico(int128{count} * rate.pico);
  constexpr int128 kAttoPerPico = power_of_ten(prices::kRateScale - kPicoScale);
  return Money::pico(divide_half_even(int128{count} * rate.atto, rate.scale * kAttoPerPico));
}

// Calls `use(name, count, rate or null)` for each unit with a count, those inside others apart.
template <class F>
void each_unit(const Usage& usage, const Offer* offer, F&& use) {
  const auto known = [&](Unit unit, std::int64_t count) {
    if (count <= 0) return;
    use(kUnitNames[static_cast<std::size_t>(unit)], count,
        offer == nullptr ? nullptr : offer->rate(unit));
  };
  for (std::size_t i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    if (unit == Unit::reasoning) continue;  // it is in output
    std::int64_t count = usage.counts[i];
    if (unit == Unit::output && usage[Unit::reasoning] > 0 && offer != nullptr &&
        offer->own(Unit::reasoning) != nullptr) {
      const std::int64_t apart = std::min(usage[Unit::reasoning], count);
      known(unit, count - apart);
      known(Unit::reasoning, apart);
      continue;
    }
    known(unit, count);
  }
  const Rate* request = offer == nullptr ? nullptr : offer->request();
  for (const auto& [name, count] : usage.others) {
    if (name == prices::kRequestUnit) request = nullptr;
    use(name, count, offer == nullptr ? nullptr : offer->rate(name));
  }
  if (request != nullptr) use(prices::kRequestUnit, 1, request);
}

std::string error_lines(const Diagnostics& diagnostics) {
  std::string lines;
  for (const Diagnostic& d : diagnostics) {
    if (d.level != Diagnostic::Level::error) continue;
    if (!lines.empty()) lines += '\n';
    lines += d.file;
    if (d.line > 0) lines += ":" + std::to_string(d.line) + ":" + std::to_string(d.column);
    lines += ": error: " + d.message;
    if (!d.hint.empty()) lines += " (" + d.hint + ")";
  }
  return lines;
}

bool read_file(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), {});
  return file.good() || file.eof();
}

}  // namespace

PriceList::PriceList(std::unique_ptr<Data> data) : data_(std::move(data)) {}
PriceList::~PriceList() = default;
PriceList::PriceList(PriceList&&) noexcept = default;
PriceList& PriceList::operator=(PriceList&&) noexcept = default;

Result<PriceList> PriceList::built_in() { return with_files({}); }

Result<PriceList> PriceList::with_files(const std::vector<std::string>& paths) {
  Diagnostics diagnostics;
  std::vector<File> files;
  for (const std::string& path : paths) {
    File file{path, {}};
    if (read_file(path, file.text)) {
      files.push_back(std::move(file));
    } else {
      diagnostics.push_back(
          file_error(path, "this price file cannot be read", "check the path and who may read it"));
    }
  }
  auto list = with_texts(files, diagnostics);
  if (!list) return reject(error_lines(diagnostics));
  return std::move(*list);
}

std::optional<PriceList> PriceList::with_texts(const std::vector<File>& files,
                                               Diagnostics& diagnostics) {
  auto data = std::make_unique<Data>();
  auto built_in = prices::compiled(prices::built_in_prices());
  if (!built_in) {
    diagnostics.push_back(
        file_error("tocsin", "the built-in prices are damaged", "install the program again"));
    return std::nullopt;
  }
  prices::Catalogue& catalogue = data->catalogue = std::move(*built_in);
  for (const File& file : files) {
    auto provider = prices::load_provider(file.path, file.text, catalogue.texts, diagnostics);
    if (!provider) continue;
    for (prices::Model& model : provider->models) model.users_own = true;
    catalogue.add(std::move(*provider));
  }
  catalogue.fill_likes(diagnostics);
  catalogue.apply_surcharges(diagnostics);
  catalogue.apply_discounts(diagnostics);
  if (has_errors(diagnostics)) return std::nullopt;
  PriceList list(std::move(data));
  list.sum_up();
  return list;
}

void PriceList::sum_up() {
  for (const prices::Provider& provider : data_->catalogue.providers) {
    data_->models += static_cast<std::size_t>(
        std::count_if(provider.models.begin(), provider.models.end(),
                      [](const prices::Model& model) { return !model.periods.empty(); }));
    data_->date = std::max(data_->date, std::string(provider.updated));
  }
}

std::string PriceList::bytes() const {
  return static_cast<char>(prices::kLayout) + data_->unknown_like_name + '\0' +
         prices::compile(data_->catalogue);
}

std::optional<PriceList> PriceList::restored(std::string bytes) {
  if (bytes.empty() || static_cast<unsigned char>(bytes[0]) != prices::kLayout) return std::nullopt;
  auto data = std::make_unique<Data>();
  data->bytes = std::move(bytes);
  const std::string_view whole(data->bytes);
  const std::size_t end = whole.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string like(whole.substr(1, end - 1));
  auto catalogue = prices::compiled(whole.substr(end + 1));
  if (!catalogue) return std::nullopt;
  data->catalogue = std::move(*catalogue);
  PriceList list(std::move(data));
  list.sum_up();
  if (!like.empty() && !list.set_unknown_like(like)) return std::nullopt;
  return list;
}

bool PriceList::set_unknown_like(std::string_view model) {
  const prices::Model* const like = data_->catalogue.resolve({}, model);
  if (like == nullptr || like->periods.empty()) return false;
  data_->unknown_like = like;
  data_->unknown_like_name = model;
  return true;
}

std::size_t PriceList::models() const { return data_->models; }
std::string_view PriceList::date() const { return data_->date; }
const prices::Catalogue& PriceList::catalogue() const { return data_->catalogue; }

const prices::Model* PriceList::resolve(const Event& event) const {
  return data_->catalogue.resolve(event.provider, event.model);
}

namespace {

void clear(Cost& cost, std::vector<CostComponent>* components) {
  cost.basis = CostBasis::unpriced;
  cost.amount = cost.saving = {};
  cost.price = cost.variant = cost.origin = cost.updated = {};
  cost.clamped = false;
  cost.unpriced.clear();
  if (components != nullptr) components->clear();
}

// By our prices, with what of it has none in `unpriced`. False: nothing of it has a price.
bool compute(const prices::Model* model, const Event& event, EventTime at, Cost& cost,
             std::vector<CostComponent>* components) {
  const prices::Period* const period = model == nullptr ? nullptr : model->at(to_ms(at));
  std::optional<Offer> offer;
  if (period != nullptr) {
    offer.emplace(*model, *period, event, to_ms(at));
    cost.price = period->label;
    cost.variant = offer->variant();
    cost.origin = period->origin;
    cost.updated = period->updated;
  }
  bool any = false;
  each_unit(event.usage, offer ? &*offer : nullptr,
            [&](std::string_view unit, std::int64_t count, const Rate* rate) {
              if (rate == nullptr) return cost.unpriced.push_back(unit);
              count = std::max(count, rate->least);
              const Money part = component(count, *rate);
              cost.amount += part;
              any = true;
              if (components != nullptr) {
                components->push_back({unit, count, rate->text, rate->per(), part});
              }
            });
  cost.clamped = event.usage[Unit::reasoning] > event.usage[Unit::output];
  return any;
}

// Of one that nothing is known of. False: it stays so, and `cost` says it.
bool estimate(const prices::Model* like, const Event& event, EventTime at, Cost& cost,
              std::vector<CostComponent>* components) {
  if (like == nullptr) return false;
  clear(cost, components);
  if (compute(like, event, at, cost, components)) {
    cost.basis = CostBasis::estimated;
    return true;
  }
  return false;
}

}  // namespace

void PriceList::price_as(const prices::Model* model, const Event& event, EventTime at,
                         CostChoice choice, Cost& cost,
                         std::vector<CostComponent>* components) const {
  clear(cost, components);
  if (event.cached) {
    if (event.has_usage) compute(model, event, at, cost, nullptr);
    const Money saving = cost.amount;
    clear(cost, components);
    cost.basis = CostBasis::cached;
    cost.saving = saving;
    return;
  }
  if (!event.has_usage && !event.reported_cost) {
    cost.basis = CostBasis::unmetered;
    return;
  }
  if (choice == CostChoice::computed && event.has_usage) {
    const bool any = compute(model, event, at, cost, components);
    // Counts of nothing beside a cost: it was reckoned by other than these.
    const bool nothing = !any && cost.unpriced.empty();
    const bool says_more = nothing && event.reported_cost.value_or(Money{}) != Money{};
    if ((cost.unpriced.empty() && !says_more) || (any && !event.reported_cost)) {
      cost.basis = CostBasis::computed;
      return;
    }
    if (!any && !event.reported_cost &&
        estimate(data_->unknown_like, event, at, cost, components)) {
      return;
    }
    cost.amount = {};
    cost.clamped = false;
    cost.price = cost.variant = cost.origin = cost.updated = {};
    if (components != nullptr) components->clear();
  }
  if (event.reported_cost) {
    cost.basis = CostBasis::reported;
    cost.amount = *event.reported_cost;
    cost.unpriced.clear();
  } else if (choice == CostChoice::reported) {
    each_unit(event.usage, nullptr, [&](std::string_view unit, std::int64_t, const Rate*) {
      cost.unpriced.push_back(unit);
    });
  }
}

namespace {

bool needs_prices(const Event& event, CostChoice choice) {
  return event.has_usage && (choice == CostChoice::computed || event.cached);
}

}  // namespace

void PriceList::price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
                      std::vector<CostComponent>* components) const {
  price_as(needs_prices(event, choice) ? resolve(event) : nullptr, event, at, choice, cost,
           components);
}

// Open addressing over whole names. When it is three quarters full it is emptied, so that made-up
// model names cost time, not memory.
struct Pricer::Cache {
  static constexpr std::size_t kSlots = 4096;
  struct Slot {
    bool free = true;
    std::string provider, model;
    const prices::Model* found = nullptr;
  };
  std::vector<Slot> slots{kSlots};
  std::size_t used = 0;

  static constexpr std::size_t kLikesMax = 1000;
  std::unordered_map<std::string, std::vector<const prices::Model*>> likes;  // by "provider/model"
  std::string key;
  Cost cost;

  // The slot of the event's model, or the free one where it belongs.
  Slot& find(const Event& event) {
    const std::uint64_t hash = hash64(event.model, hash64(event.provider, 0));
    std::size_t at = static_cast<std::size_t>(hash) % kSlots;
    const auto is = [&](const Slot& slot) {
      return slot.model == event.model && slot.provider == event.provider;
    };
    while (!slots[at].free && !is(slots[at])) at = (at + 1) % kSlots;
    return slots[at];
  }
};

Pricer::Pricer(const PriceList& list) : list_(&list), cache_(std::make_unique<Cache>()) {}
Pricer::~Pricer() = default;
Pricer::Pricer(Pricer&&) noexcept = default;

void Pricer::price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
                   std::vector<CostComponent>* components) {
  const prices::Model* model = nullptr;
  if (needs_prices(event, choice)) {
    if (cache_->used * 4 >= Cache::kSlots * 3) {
      for (Cache::Slot& slot : cache_->slots) slot.free = true;
      cache_->used = 0;
    }
    Cache::Slot& slot = cache_->find(event);
    if (slot.free) {
      slot.free = false;
      slot.provider = event.provider;
      slot.model = event.model;
      slot.found = list_->resolve(event);
      ++cache_->used;
    }
    model = slot.found;
  }
  list_->price_as(model, event, at, choice, cost, components);
}

void Pricer::price_likes(const Event& event, EventTime at, std::vector<LikeCost>& likes) {
  likes.clear();
  Cache& cache = *cache_;
  cache.key.assign(event.provider).push_back('/');
  cache.key += event.model;
  auto known = cache.likes.find(cache.key);
  if (known == cache.likes.end()) {
    // To look through the list takes long, and made-up names may be without end.
    if (cache.likes.size() >= Cache::kLikesMax) return;
    known = cache.likes
                .emplace(cache.key, prices::lookalikes(list_->catalogue(), event.provider,
                                                       event.model, to_ms(at)))
                .first;
  }
  for (const prices::Model* const like : known->second) {
    clear(cache.cost, nullptr);
    (void)compute(like, event, at, cache.cost, nullptr);
    if (cache.cost.unpriced.empty()) likes.push_back({like->name, cache.cost.amount});
  }
}

}  // namespace tocsin
