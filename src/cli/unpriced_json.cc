// SPDX-License-Identifier: Apache-2.0
#include "cli/unpriced_json.h"

#include <fmt/format.h>

#include <chrono>
#include <vector>

#include "alert/alert_json.h"
#include "document/json_writer.h"
#include "state/keys.h"
#include "state/unpriced.h"

namespace tocsin {
namespace {

std::int64_t whole(std::uint64_t n) { return static_cast<std::int64_t>(n); }

void write_tally(JsonWriter& json, std::string_view name, const Tally& tally) {
  json.key(name).begin_object();
  for (const auto& [of, n] : tally) json.number(of, whole(n));
  json.end_object();
}

std::string day_of(const UnpricedKey& key) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{key.day}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

void write_row(JsonWriter& json, const UnpricedKey& key, const UnpricedRow& row) {
  const bool unmetered = key.kind == UnpricedKey::Kind::unmetered;
  json.begin_object().text("day", day_of(key)).text("kind", unmetered ? "unmetered" : "unpriced");
  json.text("model", key.model);
  if (unmetered) json.text("service", key.service);
  json.number("requests", whole(row.requests)).text("since", rfc3339_text(row.since));
  json.boolean("told", row.told);
  if (!unmetered) {
    json.number("partial", whole(row.partial)).number("estimated", whole(row.estimated));
    json.text("estimated_usd", row.estimate.text());
    json.number("priced_later", whole(row.priced_later));
    write_tally(json, "units", row.units);
    write_tally(json, "lacking", row.lacking);
    write_tally(json, "services", row.services);
    json.key("if_like").begin_array();
    for (const auto& [model, like] : row.likes) {
      json.begin_object().text("model", model).number("requests", whole(like.requests));
      json.text("cost_usd", like.cost.text()).end_object();
    }
    json.end_array();
  }
  json.end_object();
}

}  // namespace

std::string unpriced_json(const Store& store, std::size_t limit) {
  std::vector<std::string> rows;
  const std::string from(1, key::kUnpriced);
  const auto snapshot = store.snapshot();
  const auto read = snapshot->scan(from, key::after(from), [&](auto, auto value) {
    rows.emplace_back(value);
    return true;
  });
  std::string out;
  JsonWriter json(out);
  if (!read) {
    json.begin_object().text("error", read.error().message).end_object();
    return out;
  }
  json.begin_object().key("unpriced").begin_array();
  for (auto row = rows.rbegin(); row != rows.rend() && limit > 0; ++row, --limit) {
    UnpricedKey key;
    UnpricedRow of;
    if (decode_unpriced(*row, key, of)) write_row(json, key, of);
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tocsin
