// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <set>

#include "document/scalars.h"
#include "price/import.h"
#include "price/json_tree.h"
#include "tocsin/ascii.h"

namespace tocsin::prices {
namespace {

struct UnitName {
  std::string_view theirs, ours;
};
// Where our name is not theirs without its end. A count of calls is one of ours by its singular.
constexpr UnitName kUnitsOfOurs[] = {
    {"web_searches", "web_search"},         {"social_searches", "social_search"},
    {"storage_searches", "storage_search"}, {"rerank_searches", "rerank_search"},
    {"code_executions", "code_execution"},  {"requests", "request"},
    {"output_reasoning", "reasoning"},      {"output_citation", "citation"},
};
struct Suffix {
  std::string_view theirs, ours;  // ends of keys of prices, and of our units
  std::int64_t scale;
};
constexpr Suffix kSuffixes[] = {
    {"_mtok", "", 1'000'000},      {"_kcount", "", 1'000},
    {"_hours", "_seconds", 3'600}, {"_mchars", "_characters", 1'000'000},
    {"_kpages", "_pages", 1'000},  {"_gpixels", "_pixels", 1'000'000'000},
};

// Expressions that look ahead, which RE2 does not, and what else may not be in the name.
struct LookAhead {
  std::string_view theirs, without;
};
constexpr LookAhead kLookAheads[] = {{"^(?!.*-[tT][tT][sS](?:$|-))", "-tts"}, {"^(?![^/]+/)", "/"}};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// As their keys of prices are written.
bool is_of_key(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

// And stays in its folder.
bool names_a_file(std::string_view name) {
  return !name.starts_with('.') && std::all_of(name.begin(), name.end(), [](char c) {
    return is_of_key(c) || c == '-' || c == '.';
  });
}

class Importer {
 public:
  Importer(const std::string& file, std::string_view day, Diagnostics& diagnostics)
      : file_(file), day_(day), diagnostics_(diagnostics) {}

  std::optional<Catalogue> run(const Json& root) {
    if (root.kind != Json::Kind::array || root.items.empty()) {
      error("it is not genai-prices' list of providers, or an empty one");
      return std::nullopt;
    }
    for (const Json& item : root.items) provider(item);
    for (const auto& [seller, makers] : sellers_) fall_back(seller, makers);
    if (failed_) return std::nullopt;
    return std::move(out_);
  }

 private:
  void error(const std::string& what) {
    failed_ = true;
    const std::string where = place_.empty() ? "" : place_ + ": ";
    if (!is_full(diagnostics_, Diagnostic::Level::error)) {
      diagnostics_.push_back(file_error(file_, where + what));
    }
  }
  std::string_view keep(std::string text) {
    if (std::any_of(text.begin(), text.end(), is_control)) {
      error("a text with a control character in it, which no price file holds");
    }
    return out_.texts.keep(std::move(text));
  }
  std::string_view lower(const std::string& text) { return keep(to_lower(text)); }

  std::string text(const Json& map, std::string_view key) {
    const Json* const found = map.find(key);
    if (found != nullptr && found->kind == Json::Kind::text && !found->text.empty()) {
      return found->text;
    }
    error("`" + std::string(key) + "` is missing, or no text");
    return {};
  }

  void provider(const Json& json) {
    Provider result;
    result.name = lower(text(json, "id"));
    place_ = result.name;
    if (!names_a_file(result.name)) error("`id` cannot be the name of a price file");
    result.updated = keep(std::string(day_));
    if (const Json* const match = json.find("provider_match")) clauses(*match, result.names);
    if (const Json* const match = json.find("model_match")) clauses(*match, result.unnamed);
    if (const Json* const others = json.find("fallback_model_providers")) {
      for (const Json& other : others->items) sellers_[result.name].push_back(other.text);
    }
    const Json* const models = json.find("models");
    if (models == nullptr || models->items.empty()) error("it has no models");
    if (models != nullptr) {
      for (const Json& item : models->items) model(item, result);
    }
    place_.clear();
    out_.providers.push_back(std::move(result));
  }

  void fall_back(std::string_view seller, const std::vector<std::string>& makers) {
    for (const std::string& maker : makers) {
      for (Provider& provider : out_.providers) {
        if (provider.name == maker) provider.fallback_for.push_back(seller);
      }
    }
  }

  // --- names

  // An `or` is several clauses, an `and` is one; one in the other is not known.
  void clauses(const Json& match, Clauses& out) {
    if (const Json* const any = match.find("or")) {
      for (const Json& item : any->items) clauses(item, out);
      return;
    }
    Clause clause;
    if (const Json* const all = match.find("and")) {
      for (const Json& item : all->items) part(item, clause);
    } else {
      part(match, clause);
    }
    out.push_back(std::move(clause));
  }

  void part(const Json& match, Clause& clause) {
    if (match.fields.size() != 1 || match.fields.front().value.kind != Json::Kind::text) {
      return error("a match that is not known");
    }
    const auto& [kind, value] = match.fields.front();
    const auto set = [&](std::string_view& field) {
      if (!field.empty()) return error("two of `" + kind + "` in one match");
      field = lower(value.text);
    };
    if (kind == "equals") return set(clause.equals);
    if (kind == "starts_with") return set(clause.starts_with);
    if (kind == "ends_with") return set(clause.ends_with);
    if (kind == "contains" && clause.contains.empty()) return set(clause.contains);
    // There is one place for each kind.
    if (kind == "contains") return expression(".*" + quoted(to_lower(value.text)) + ".*", clause);
    if (kind != "regex") return error("`" + kind + "` in a match is not known");
    search(value.text, clause);
  }

  static std::string quoted(const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (std::string_view("\\^$.|?*+()[]{}").find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
    return out;
  }

  // They search a name, we describe a whole one.
  void search(std::string_view theirs, Clause& clause) {
    for (const LookAhead& ahead : kLookAheads) {
      if (!theirs.starts_with(ahead.theirs)) continue;
      clause.without = ahead.without;
      theirs.remove_prefix(ahead.theirs.size());
      if (theirs.empty()) return;
      return expression(std::string(theirs) + (theirs.ends_with('$') ? "" : ".*"), clause);
    }
    const bool from_start = theirs.starts_with('^');
    const bool to_end = theirs.ends_with('$') && !theirs.ends_with("\\$");
    const std::string inner(
        theirs.substr(from_start ? 1 : 0, theirs.size() - (from_start ? 1 : 0) - (to_end ? 1 : 0)));
    const bool alternatives = inner.find('|') != std::string::npos;
    expression((from_start ? "" : ".*") + (alternatives ? "(?:" + inner + ")" : inner) +
                   (to_end ? "" : ".*"),
               clause);
  }

  void expression(const std::string& ours, Clause& clause) {
    if (clause.regex != nullptr) return error("two expressions in one match");
    clause.regex = std::make_shared<const Regex>(keep(ours));
    const std::string fault = clause.regex->fault();
    if (!fault.empty()) error(fault + " (" + ours + ")");
  }

  // --- prices

  void model(const Json& json, Provider& provider) {
    place_ = std::string(provider.name);
    Model result;
    result.name = lower(text(json, "id"));
    place_ += "/" + std::string(result.name);
    if (const Json* const match = json.find("match")) {
      clauses(*match, result.match);
    } else {
      error("`match` is missing");
    }
    if (const Json* const prices = json.find("prices")) periods(*prices, result);
    if (const Json* const variants = json.find("price_variants")) {
      for (const Json& item : variants->items) variant(item, result);
    }
    if (result.variants.size() > kVariantsMax) error("more than 15 variants");
    if (result.name.ends_with(":free") && result.periods.empty()) {
      result.periods.emplace_back().tiers = free();
    }
    provider.models.push_back(std::move(result));
  }

  Tiers free() {
    Tiers tiers(1);
    for (const char* const unit : {"input", "output"}) {
      Rate& rate = tiers.front().rates.emplace_back();
      rate.unit = unit;
      rate.text = "0";
      rate.scale = 1'000'000;
    }
    tiers.front().index();
    return tiers;
  }

  void periods(const Json& json, Model& model) {
    if (json.kind == Json::Kind::object) {
      Period period;
      period.tiers = tiers(json);
      if (!period.tiers.empty()) model.periods.push_back(std::move(period));
      return;
    }
    // A daily window has no day in their list: it begins when the first of the dated prices does.
    std::optional<std::int64_t> first_day;
    for (const Json& item : json.items) {
      Period period;
      const Json* const prices = item.find("prices");
      if (prices == nullptr) {
        error("a price without `prices`");
        continue;
      }
      period.tiers = tiers(*prices);
      if (const Json* const limits = item.find("constraint")) constraint(*limits, period);
      if (period.daily && first_day) {
        period.span.from_ms = *first_day;
      } else if (!first_day && period.span.from_ms != Span{}.from_ms) {
        first_day = period.span.from_ms;
      }
      if (period.tiers.empty()) {
        error("a price in a list of them that has no price");
        continue;
      }
      model.periods.push_back(std::move(period));
    }
  }

  void constraint(const Json& json, Period& period) {
    if (json.find("start_date") != nullptr) {
      period.span.from_ms = day_ms(text(json, "start_date"));
      return;
    }
    const int from = minute(text(json, "start_time"));
    const int until = minute(text(json, "end_time"));
    period.daily = Daily{.from = from, .until = until};
  }

  std::int64_t day_ms(const std::string& written) {
    const auto date = parse_date(written);
    if (!date) error("`" + written + "` is no day");
    return date ? std::int64_t{std::chrono::sys_days{*date}.time_since_epoch().count()} * 86'400'000
                : 0;
  }

  // "16:30:00Z"
  int minute(const std::string& written) {
    const auto time = parse_time("1970-01-01T" + written);
    if (!time) error("`" + written + "` is no time of the day in UTC");
    return time ? static_cast<int>(to_ms(*time) / 60'000) : 0;
  }

  void variant(const Json& json, Model& model) {
    Variant result;
    const Json* const prices = json.find("prices");
    const Json* const when = json.find("when");
    if (prices == nullptr || when == nullptr || when->fields.size() != 1) {
      return error("a variant that is not known");
    }
    const auto& [name, value] = when->fields.front();
    const bool tier = name == "processing" || name == "service_tier" || name == "speed";
    result.when.push_back({tier ? "service_tier" : lower(name), {lower(value.text)}});
    if (const Json* const limits = json.find("constraint")) {
      Period period;
      constraint(*limits, period);
      if (period.daily) return error("a variant by the time of the day is not known");
      result.span = period.span;
    }
    result.tiers = tiers(*prices);
    // Of a tier that is as the standard they say so by no price.
    if (!result.tiers.empty()) model.variants.push_back(std::move(result));
  }

  // Empty: there is no price.
  Tiers tiers(const Json& prices) {
    std::set<std::int64_t> bounds{-1};
    for (const auto& [key, value] : prices.fields) {
      if (const Json* const steps = value.find("tiers")) {
        for (const Json& step : steps->items) bounds.insert(bound(step));
      }
    }
    Tiers result;
    for (const std::int64_t above : bounds) {
      Tier tier;
      tier.above = above;
      for (const auto& [key, value] : prices.fields) {
        if (value.kind != Json::Kind::null) rate(key, value, above, tier);
      }
      if (tier.rates.empty()) return {};
      tier.index();
      result.push_back(std::move(tier));
    }
    return result;
  }

  std::int64_t bound(const Json& step) {
    const Json* const start = step.find("start");
    const auto count = start == nullptr ? std::nullopt : parse_count(start->text);
    if (!count) error("a tier without a bound");
    return count.value_or(0);
  }

  void rate(const std::string& key, const Json& value, std::int64_t above, Tier& tier) {
    const Json* price = &value;
    if (value.kind == Json::Kind::object) {
      price = value.find("base");
      const Json* const steps = value.find("tiers");
      if (price == nullptr || steps == nullptr) return error("`" + key + "` is no price");
      for (const Json& step : steps->items) {
        if (bound(step) <= above && step.find("price") != nullptr) price = step.find("price");
      }
    }
    const auto* const suffix =
        std::find_if(std::begin(kSuffixes), std::end(kSuffixes),
                     [&](const Suffix& s) { return std::string_view(key).ends_with(s.theirs); });
    if (suffix == std::end(kSuffixes) || !std::all_of(key.begin(), key.end(), is_of_key)) {
      return error("a price `" + key + "` is not known");
    }
    std::string unit =
        key.substr(0, key.size() - suffix->theirs.size()) + std::string(suffix->ours);
    for (const UnitName& name : kUnitsOfOurs) {
      if (unit == name.theirs) unit = name.ours;
    }
    const auto atto = parse_decimal(price->text, kRateScale, Rounding::exact);
    if ((price->kind != Json::Kind::number && price->kind != Json::Kind::text) || !atto ||
        *atto < 0 || *atto > kRateMax) {
      return error("`" + key + "`: `" + price->text + "` is no price");
    }
    Rate made;
    made.unit = keep(unit);
    made.text = keep(decimal_text(*atto, kRateScale));
    made.atto = *atto;
    made.scale = suffix->scale;
    tier.rates.push_back(made);
  }

  const std::string& file_;
  std::string_view day_;
  Diagnostics& diagnostics_;
  Catalogue out_;
  std::map<std::string_view, std::vector<std::string>> sellers_;
  std::string place_;
  bool failed_ = false;
};

}  // namespace

std::optional<Catalogue> import_genai(const std::string& file, std::string_view json,
                                      std::string_view day, Diagnostics& diagnostics) {
  const auto root = parse_json(file, json, diagnostics);
  if (!root) return std::nullopt;
  return Importer(file, day, diagnostics).run(*root);
}

}  // namespace tocsin::prices
