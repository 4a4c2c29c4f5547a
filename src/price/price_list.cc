// SPDX-License-Identifier: Apache-2.0
#include "price/price_list.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "hash/fingerprint.h"
#include "price/built_in.h"
#include "price/catalogue.h"
#include "price/load.h"

namespace tocsin {

struct PriceList::Data {
  prices::Catalogue catalogue;
  std::size_t models = 0;
  std::string date;
};

namespace {

using prices::Rate;
using prices::Tier;

const Tier& tier_for(const prices::Period& period, std::int64_t input_tokens) {
  const Tier* tier = &period.tiers.front();
  for (const Tier& higher : period.tiers) {
    if (input_tokens > higher.above) tier = &higher;
  }
  return *tier;
}

Money component(std::int64_t count, const Rate& rate) {
  if (rate.pico != 0) return Money::pico(int128{count} * rate.pico);
  constexpr int128 kAttoPerPico = power_of_ten(prices::kRateScale - kPicoScale);
  return Money::pico(divide_half_even(int128{count} * rate.atto, rate.scale * kAttoPerPico));
}

// Calls `use(name, count, rate or null)` for each unit with a count.
template <class F>
void each_unit(const Usage& usage, const Tier* tier, F&& use) {
  for (std::size_t i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    if (unit == Unit::reasoning || usage.counts[i] <= 0) continue;  // reasoning is in output
    use(kUnitNames[i], usage.counts[i], tier == nullptr ? nullptr : tier->rate(unit));
  }
  for (const auto& [name, count] : usage.others) {
    use(name, count, tier == nullptr ? nullptr : tier->rate(name));
  }
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
  const auto add = [&](std::string name, std::string_view text) {
    auto provider = prices::load_provider(std::move(name), text, diagnostics);
    if (provider) data->catalogue.add(std::move(*provider));
  };
  for (const EmbeddedFile& file : prices::built_in_files()) {
    add(std::string(file.name), file.text);
  }
  for (const File& file : files) add(file.path, file.text);
  if (has_errors(diagnostics)) return std::nullopt;
  for (const prices::Provider& provider : data->catalogue.providers) {
    data->models += provider.models.size();
    data->date = std::max(data->date, provider.updated);
  }
  return PriceList(std::move(data));
}

std::size_t PriceList::models() const { return data_->models; }
std::string_view PriceList::date() const { return data_->date; }

const prices::Model* PriceList::resolve(const Event& event) const {
  return data_->catalogue.resolve(event.provider, event.model);
}

void PriceList::price_as(const prices::Model* model, const Event& event, EventTime at,
                         CostChoice choice, Cost& cost, std::vector<CostComponent>* components) {
  if (choice == CostChoice::computed && event.has_usage) {
    const prices::Period* const period = model == nullptr ? nullptr : model->at(to_ms(at));
    const Tier* const tier =
        period == nullptr ? nullptr : &tier_for(*period, event.usage.input_tokens());
    bool any = false;
    each_unit(event.usage, tier, [&](std::string_view unit, std::int64_t count, const Rate* rate) {
      if (rate == nullptr) return cost.unpriced.push_back(unit);
      const Money part = component(count, *rate);
      cost.amount += part;
      any = true;
      if (components != nullptr) {
        components->push_back({unit, count, rate->text, rate->per(), part});
      }
    });
    if (cost.unpriced.empty() || (any && !event.reported_cost)) {
      cost.basis = CostBasis::computed;
      if (period != nullptr) {
        cost.price = period->label;
        cost.origin = period->origin;
        cost.updated = period->updated;
      }
      return;
    }
    cost.amount = {};
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

// What needs no price: true if `cost` is done.
bool settled(const Event& event, Cost& cost, std::vector<CostComponent>* components) {
  cost.basis = CostBasis::unpriced;
  cost.amount = {};
  cost.price = {};
  cost.origin = {};
  cost.updated = {};
  cost.unpriced.clear();
  if (components != nullptr) components->clear();
  if (event.cached) {
    cost.basis = CostBasis::cached;
  } else if (!event.has_usage && !event.reported_cost) {
    cost.basis = CostBasis::unmetered;
  }
  return cost.basis != CostBasis::unpriced;
}

}  // namespace

void PriceList::price(const Event& event, EventTime at, CostChoice choice, Cost& cost,
                      std::vector<CostComponent>* components) const {
  if (settled(event, cost, components)) return;
  const bool needed = choice == CostChoice::computed && event.has_usage;
  price_as(needed ? resolve(event) : nullptr, event, at, choice, cost, components);
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
  if (settled(event, cost, components)) return;
  const prices::Model* model = nullptr;
  if (choice == CostChoice::computed && event.has_usage) {
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
  PriceList::price_as(model, event, at, choice, cost, components);
}

}  // namespace tocsin
