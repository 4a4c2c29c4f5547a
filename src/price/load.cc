// SPDX-License-Identifier: Apache-2.0
#include "price/load.h"

#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "document/yaml.h"
#include "price/file_reader.h"
#include "price/load_prices.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

class Loader {
 public:
  explicit Loader(FileReader& reader) : reader_(reader), prices_(reader) {}

  Provider provider(const Node& root);

 private:
  void names(const Node& list, Provider& provider);
  Clause clause(const Node& node);
  Clauses clauses(const Node& list);
  static std::optional<std::int64_t> percentage(const std::string& written, int most);
  std::optional<Factor> factor(const Node& map);
  void surcharge(const Node& node, Provider& provider);
  void model(const Node& node, Provider& provider);
  void priced_model(const Node& node, std::string_view name, Provider& provider);
  void check(const Node& root, const Provider& provider);

  FileReader& reader_;
  PricesReader prices_;
  std::set<std::string_view> seen_;
};

Clause Loader::clause(const Node& node) {
  Clause result;
  if (!reader_.is_map(node, "a match",
                      {"equals", "starts_with", "ends_with", "contains", "without", "regex"})) {
    return result;
  }
  result.equals = reader_.lower_text(node, "equals");
  result.starts_with = reader_.lower_text(node, "starts_with");
  result.ends_with = reader_.lower_text(node, "ends_with");
  result.contains = reader_.lower_text(node, "contains");
  result.without = reader_.lower_text(node, "without");
  if (const std::string expression = reader_.text(node, "regex", false); !expression.empty()) {
    result.regex = std::make_shared<const Regex>(reader_.keep(expression));
    if (std::string fault = result.regex->fault(); !fault.empty()) {
      reader_.error(*node.find("regex"), std::move(fault), "RE2's syntax, for the whole name");
    }
  }
  if (result.equals.empty() && result.starts_with.empty() && result.ends_with.empty() &&
      result.contains.empty() && result.regex == nullptr) {
    reader_.error(node, "a match needs equals, starts_with, ends_with, contains or regex");
  }
  return result;
}

Clauses Loader::clauses(const Node& list) {
  Clauses result;
  for (const Node& item : list.items) result.push_back(clause(item));
  return result;
}

// Names are texts, or clauses.
void Loader::names(const Node& list, Provider& provider) {
  for (const Node& item : list.items) {
    if (item.is_map()) {
      provider.names.push_back(clause(item));
    } else {
      for (const auto name : reader_.lower_texts(item)) provider.aliases.push_back(name);
    }
  }
}

// Of a percentage from 0 to `most`.
std::optional<std::int64_t> Loader::percentage(const std::string& written, int most) {
  const bool percent = written.ends_with('%');
  const auto part = parse_decimal(std::string_view(written).substr(0, written.size() - percent), 4,
                                  Rounding::exact);
  if (!percent || !part || *part < 0 || *part > most * 10'000) return std::nullopt;
  return static_cast<std::int64_t>(*part);
}

std::optional<Factor> Loader::factor(const Node& map) {
  const Node* const discount = map.find("discount");
  const Node* const multiplier = map.find("multiplier");
  if (discount == nullptr && multiplier == nullptr) return std::nullopt;
  if (discount != nullptr && multiplier != nullptr) {
    reader_.error(*multiplier, "give `discount` or `multiplier`, not both");
    return std::nullopt;
  }
  if (discount != nullptr) {
    const std::string written = reader_.text(map, "discount", true);
    const auto part = percentage(written, 100);
    if (!part) {
      reader_.error(*discount, "a discount must be from 0% to 100%", "15%");
      return std::nullopt;
    }
    return Factor{reader_.keep("less " + written), 1'000'000 - *part};
  }
  const std::string written = reader_.text(map, "multiplier", true);
  const auto times = parse_decimal(written, 6, Rounding::exact);
  if (!times || *times < 0 || *times > 1'000'000'000) {
    reader_.error(*multiplier, "a multiplier must be from 0 to 1000, with at most 6 places", "1.2");
    return std::nullopt;
  }
  return Factor{reader_.keep("x " + written), static_cast<std::int64_t>(*times)};
}

void Loader::priced_model(const Node& node, std::string_view name, Provider& provider) {
  Model result;
  result.name = name;
  if (node.find("match") == nullptr) {
    Clause same_name;
    same_name.equals = name;
    result.match.push_back(std::move(same_name));
  } else if (const Node* const matches = reader_.list(node, "match", true)) {
    result.match = clauses(*matches);
  }
  if (const Node* const like = node.find("like")) {
    const std::string other = to_lower(reader_.text(node, "like", true));
    result.like =
        std::make_shared<const Like>(Like{reader_.keep(other), reader_.diagnostic(*like, {}, {})});
    for (const char* const key : {"prices", "variants"}) {
      if (const Node* const own = node.find(key)) {
        reader_.error(*own, "a model that is like another has its prices",
                      "give the one or the other");
      }
    }
  }
  if (const Node* const prices = reader_.list(node, "prices", false)) {
    for (const Node& item : prices->items) {
      result.periods.push_back(
          prices_.period(item, std::string(provider.name) + "/" + std::string(name)));
      result.periods.back().updated = provider.updated;
    }
  }
  if (const Node* const variants = reader_.list(node, "variants", false)) {
    for (const Node& item : variants->items) result.variants.push_back(prices_.variant(item));
    if (result.variants.size() > kVariantsMax) {
      reader_.error(*variants, "more than " + std::to_string(kVariantsMax) + " variants");
    }
  }
  provider.models.push_back(std::move(result));
}

void Loader::model(const Node& node, Provider& provider) {
  if (!reader_.is_map(node, "a model",
                      {"model", "like", "match", "prices", "variants", "discount", "multiplier"})) {
    return;
  }
  const std::string_view name = reader_.keep(to_lower(reader_.text(node, "model", true)));
  if (!name.empty() && !seen_.insert(name).second) {
    reader_.error(node, "`" + std::string(name) + "` is in this file twice");
  }
  auto of_list = factor(node);
  const bool factored = node.find("discount") != nullptr || node.find("multiplier") != nullptr;
  if (!factored) {
    if (node.find("prices") == nullptr && node.find("like") == nullptr) {
      return reader_.error(node, "`prices` is missing",
                           "or like: another model, a discount: 15%, or a multiplier");
    }
    return priced_model(node, name, provider);
  }
  for (const char* const key : {"like", "match", "prices", "variants"}) {
    if (const Node* const other = node.find(key)) {
      reader_.error(*other, "a model with a discount or multiplier keeps its prices and names",
                    "give the price you pay, or the discount");
    }
  }
  if (!of_list) return;
  Diagnostic unused = reader_.diagnostic(
      node, "`" + std::string(provider.name) + "` has no model `" + std::string(name) + "`",
      "tocsin prices " + std::string(provider.name) + " lists them");
  provider.discounts.push_back({name, *of_list, std::move(unused)});
}

void Loader::surcharge(const Node& node, Provider& provider) {
  if (!reader_.is_map(node, "a surcharge", {"when", "per_mtok"})) return;
  Surcharge result;
  std::string label;
  result.when = prices_.when(node, "a surcharge", "when: {region: eu}", label);
  const std::string written = reader_.text(node, "per_mtok", true);
  if (written.empty()) return;
  const auto part = percentage(written, 1'000);
  if (!part) {
    return reader_.error(*node.find("per_mtok"), "a surcharge must be from 0% to 1000%", "10%");
  }
  result.label = reader_.keep(std::move(label));
  result.factor = {reader_.keep("plus " + written), 1'000'000 + *part};
  result.wrong = reader_.diagnostic(node, {}, "give that model prices of its own");
  provider.surcharges.push_back(std::move(result));
}

void Loader::check(const Node& root, const Provider& provider) {
  if (provider.models.empty() && provider.discounts.empty() && provider.surcharges.empty() &&
      provider.aliases.empty() && provider.names.empty() && provider.fallback_for.empty()) {
    reader_.error(root, "there are no `models` in it, nor a discount or surcharges");
  }
}

Provider Loader::provider(const Node& root) {
  Provider result;
  if (!reader_.is_map(root, "a price file",
                      {"version", "provider", "aliases", "fallback_for", "unnamed", "updated",
                       "discount", "multiplier", "surcharges", "models"})) {
    return result;
  }
  const std::string version = reader_.text(root, "version", true);
  if (!version.empty() && version != "1") {
    reader_.error(*root.find("version"), "price files have version 1");
  }
  result.name = reader_.keep(to_lower(reader_.text(root, "provider", true)));
  if (const Node* const aliases = reader_.list(root, "aliases", false)) names(*aliases, result);
  if (const Node* const sellers = reader_.list(root, "fallback_for", false)) {
    result.fallback_for = reader_.lower_texts(*sellers);
  }
  if (const Node* const unnamed = reader_.list(root, "unnamed", false)) {
    result.unnamed = clauses(*unnamed);
  }
  result.updated = reader_.updated(root);
  if (auto of_all = factor(root)) result.discounts.push_back({{}, *of_all, {}});
  if (const Node* const list = reader_.list(root, "surcharges", false)) {
    for (const Node& item : list->items) surcharge(item, result);
  }
  if (const Node* const models = reader_.list(root, "models", false)) {
    for (const Node& item : models->items) model(item, result);
  }
  check(root, result);
  return result;
}

}  // namespace

std::optional<Provider> load_provider(std::string file, std::string_view text, Texts& texts,
                                      Diagnostics& diagnostics) {
  Diagnostics own;
  const auto document = parse_yaml(std::move(file), text, own);
  std::optional<Provider> provider;
  if (document) {
    FileReader reader(*document, texts, own);
    provider = Loader(reader).provider(document->root);
  }
  const bool good = document && !has_errors(own);
  diagnostics.insert(diagnostics.end(), std::make_move_iterator(own.begin()),
                     std::make_move_iterator(own.end()));
  return good ? std::move(provider) : std::nullopt;
}

}  // namespace tocsin::prices
