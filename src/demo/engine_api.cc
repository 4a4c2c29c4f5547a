// SPDX-License-Identifier: Apache-2.0
#include "demo/engine_api.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

#include "demo/json_text.h"
#include "http/http_get.h"

namespace tocsin::demo {
namespace {

using simdjson::dom::element;

Money money_of(const element& object, std::string_view key) {
  return Money::parse(text_of(object, key)).value_or(Money{});
}

std::vector<std::string> group_of(const element& object) {
  std::vector<std::string> values;
  simdjson::dom::object group;
  if (object["group"].get(group) != simdjson::SUCCESS) return values;
  for (const auto field : group) {
    std::string_view value;
    if (field.value.get(value) == simdjson::SUCCESS) values.emplace_back(value);
  }
  return values;
}

// Calls `take` with each object of the list that `key` holds in `body`.
template <class Take>
Result<void> each_of(const std::string& body, std::string_view key, const Take& take) {
  simdjson::dom::parser parser;
  element root;
  simdjson::dom::array list;
  if (parser.parse(body).get(root) != simdjson::SUCCESS ||
      root[key].get(list) != simdjson::SUCCESS) {
    return stop(fmt::format("the engine's list of {} cannot be read", key));
  }
  for (const element each : list) take(each);
  return {};
}

// The sum of a metric over its labels.
std::uint64_t metric(std::string_view text, std::string_view name) {
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(name)) continue;
    const std::string_view rest = line.substr(name.size());
    const std::size_t blank = line.rfind(' ');
    if (!rest.starts_with(' ') && !rest.starts_with('{')) continue;
    std::uint64_t value = 0;
    std::from_chars(line.data() + blank + 1, line.data() + line.size(), value);
    sum += value;
  }
  return sum;
}

}  // namespace

Result<std::string> EngineApi::get(const std::string& path) const {
  auto reply = http_get({.port = port_, .path = path});
  if (!reply) return tl::unexpected(reply.error());
  if (reply->status == 200) return std::move(reply->body);
  return retry(fmt::format("the engine answered {} to {}", reply->status, path));
}

bool EngineApi::ready() const { return get("/readyz").has_value(); }

Result<EngineApi::Counts> EngineApi::counts() const {
  const auto text = get("/metrics");
  if (!text) return tl::unexpected(text.error());
  return Counts{.requests = metric(*text, "tocsin_events_total"),
                .unpriced = metric(*text, "tocsin_unpriced_total"),
                .quarantined = metric(*text, "tocsin_quarantined_total"),
                .next_offset = static_cast<std::int64_t>(metric(*text, "tocsin_next_offset")),
                .queued = metric(*text, "tocsin_notifications_queued")};
}

Result<std::vector<EngineApi::Budget>> EngineApi::budgets() const {
  const auto body = get("/api/v1/budgets?limit=100000");
  if (!body) return tl::unexpected(body.error());
  std::vector<Budget> all;
  const auto read = each_of(*body, "budgets", [&](const element& each) {
    if (each["budget"].is_null()) return;
    all.push_back(
        {text_of(each, "rule"), group_of(each), money_of(each, "total"), money_of(each, "budget")});
  });
  if (!read) return tl::unexpected(read.error());
  return all;
}

Result<std::vector<EngineApi::Alert>> EngineApi::alerts(std::size_t limit) const {
  const auto body = get(fmt::format("/api/v1/alerts?limit={}", limit));
  if (!body) return tl::unexpected(body.error());
  std::vector<Alert> all;
  const auto read = each_of(*body, "alerts", [&](const element& each) {
    all.push_back({text_of(each, "id"), text_of(each, "rule"), group_of(each),
                   text_of(each, "rung"), money_of(each, "amount")});
  });
  if (!read) return tl::unexpected(read.error());
  return all;
}

}  // namespace tocsin::demo
