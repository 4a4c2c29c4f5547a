// SPDX-License-Identifier: Apache-2.0
#include "sim/traffic.h"

#include <algorithm>

#include "tocsin/decimal.h"
#include "tocsin/group.h"

namespace tocsin::sim {
namespace {

constexpr std::int64_t kFarFuture = 4'070'908'800'000;  // 2099
constexpr std::int64_t kMinute = 60'000;

struct Garbage {
  const char* value;
  QuarantineReason reason;
};
constexpr Garbage kGarbage[] = {
    {"", QuarantineReason::empty},
    {"{broken", QuarantineReason::broken_json},
    {R"({"something":"else"})", QuarantineReason::unknown_format},
    {R"({"id":"x","timestamp":"yesterday"})", QuarantineReason::bad_timestamp},
    {R"({"id":"x","usage":{"input":-5}})", QuarantineReason::negative_count},
    {R"({"id":"x","id":"y","usage":{"input":5}})", QuarantineReason::duplicate_key},
    {"\xff\xfe", QuarantineReason::invalid_utf8},
};

std::string json_of(const EventSpec& event) {
  std::string text = "{";
  const auto field = [&](const std::string& name, const std::string& value) {
    text += (text.size() > 1 ? ",\"" : "\"") + name + "\":" + value;
  };
  const auto words = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) field(name, "\"" + value + "\"");
  };
  words("id", event.id);
  if (event.ms) field("timestamp", std::to_string(*event.ms));
  field("provider", "\"sim\"");
  words("model", kModels[event.model]);
  words("user", event.user);
  words("environment", event.environment);
  field("status", std::to_string(event.status));
  if (event.cached) field("cached", "true");
  if (event.has_usage) {
    field("usage", "{\"input\":" + std::to_string(event.input) +
                       ",\"cache_read\":" + std::to_string(event.cache_read) +
                       ",\"output\":" + std::to_string(event.output) + "}");
  }
  if (!event.feature.empty()) field("properties", "{\"Feature\":\"" + event.feature + "\"}");
  return text + "}";
}

class Traffic {
 public:
  Traffic(Random& random, const TrafficPlan& plan)
      : random_(random), edges_(plan.edge_seed, 8), plan_(plan), newest_(plan.partitions) {}

  std::vector<RecordSpec> draw() {
    std::int64_t at = plan_.from_ms;
    while (records_.size() < plan_.records) {
      const bool burst = random_.chance(plan_.bursts);
      at += burst ? random_.below(20) : random_.below(2 * plan_.gap_ms);
      if (random_.chance(plan_.quiet)) at += random_.between(3 * kMinute, 40 * kMinute);
      one(at);
    }
    std::stable_sort(records_.begin(), records_.end(),
                     [](const auto& a, const auto& b) { return a.arrival < b.arrival; });
    return std::move(records_);
  }

 private:
  void one(std::int64_t at) {
    RecordSpec record;
    record.arrival = at;
    record.partition =
        random_.chance(plan_.quiet * 5)
            ? 0
            : static_cast<std::size_t>(random_.below(static_cast<std::int64_t>(plan_.partitions)));
    record.log_append = plan_.log_append;
    record.stamp = at - (plan_.log_append ? 0 : random_.below(50));
    if (!plan_.log_append && random_.chance(plan_.lying_stamp)) {
      record.stamp = random_.chance(0.3) ? kFarFuture : at - random_.below(120 * kMinute);
    }
    if (random_.chance(plan_.garbage)) {
      const Garbage& garbage = kGarbage[random_.below(std::size(kGarbage))];
      record.events.emplace_back().bad = garbage.reason;
      record.value = garbage.value;
    } else if (random_.chance(plan_.duplicate) && copy_of_earlier(record)) {
      // Twice in its partition: perhaps after the horizon.
    } else {
      fresh(record);
    }
    if (record.stamp <= at) {
      for (const auto& event : record.events) {
        std::int64_t& newest = newest_[record.partition];
        newest = std::max(newest, std::min(event.ms.value_or(record.stamp), record.stamp));
      }
    }
    records_.push_back(record);
    if (plan_.partitions > 1 && random_.chance(plan_.twin)) twin(record);
  }

  void fresh(RecordSpec& record) {
    const bool array = random_.chance(plan_.array);
    for (std::int64_t left = array ? random_.between(1, 4) : 1; left > 0; --left) {
      if (array && random_.chance(0.2)) {
        record.events.emplace_back().bad = QuarantineReason::negative_count;
        record.value += (record.value.empty() ? "[" : ",");
        record.value += R"({"id":"x","usage":{"input":-5}})";
        continue;
      }
      record.events.push_back(event(record.stamp));
      auto& ms = record.events.back().ms;
      if (ms && plan_.edge > 0 && edges_.chance(plan_.edge)) ms = edge(*ms, record.partition);
      record.value += array ? (record.value.empty() ? "[" : ",") : "";
      record.value += json_of(record.events.back());
    }
    if (array) record.value += "]";
  }

  EventSpec event(std::int64_t stamp) {
    EventSpec event;
    if (!random_.chance(plan_.no_id)) event.id = "e" + std::to_string(++ids_);
    event.user = "u" + std::to_string(random_.zipf(plan_.users));
    if (random_.chance(0.03)) event.user.clear();
    event.environment = random_.pick<const char*>({"prod", "prod", "dev", ""});
    event.feature = random_.pick<const char*>({"chat", "search", "chat", ""});
    event.model = static_cast<std::size_t>(random_.below(2));
    if (random_.chance(plan_.unpriced)) event.model = 2;
    if (random_.chance(plan_.error)) event.status = random_.pick({400, 429, 500});
    event.input = random_.below(40'000);
    event.cache_read = random_.chance(0.3) ? random_.below(9'000) : 0;
    event.output = random_.below(3'000);
    event.cached = random_.chance(plan_.cached);
    event.has_usage = !random_.chance(plan_.unmetered);
    if (!random_.chance(plan_.no_time)) event.ms = stamp - lag();
    return event;
  }

  std::int64_t edge(std::int64_t ms, std::size_t partition) {
    const std::int64_t unit = edges_.pick<std::int64_t>({0, 1'000, kMinute, 60 * kMinute});
    if (unit != 0) return ms - ms % unit;
    return newest_[partition] == 0 ? ms : newest_[partition] - plan_.out_of_order_ms;
  }

  // How much older than its record an event is.
  std::int64_t lag() {
    if (random_.chance(plan_.far_future)) return -kFarFuture / 2;
    if (random_.chance(plan_.future)) return -random_.below(12 * kMinute);
    if (random_.chance(plan_.too_old)) return random_.between(72, 24 * 6) * 60 * kMinute;
    if (random_.chance(plan_.late))
      return random_.below(
          random_.pick<std::int64_t>({3 * kMinute, 90 * kMinute, 30 * 60 * kMinute}));
    if (random_.chance(plan_.disorder)) return random_.below(2 * plan_.out_of_order_ms);
    return random_.below(3'000);
  }

  bool copy_of_earlier(RecordSpec& record) {
    for (int tries = 0; tries < 5 && !records_.empty(); ++tries) {
      const std::int64_t back = std::min<std::int64_t>(random_.between(1, 60),
                                                       static_cast<std::int64_t>(records_.size()));
      const RecordSpec& earlier = records_[records_.size() - static_cast<std::size_t>(back)];
      if (earlier.partition != record.partition || earlier.events.front().bad) continue;
      record.events = earlier.events;
      record.value = earlier.value;
      return true;
    }
    return false;
  }

  // The same in another partition, at once and in time wherever it is read first.
  void twin(const RecordSpec& of) {
    const bool fit = std::all_of(of.events.begin(), of.events.end(), [&](const EventSpec& event) {
      return event.bad || (!event.id.empty() && event.ms && *event.ms <= of.stamp &&
                           *event.ms > of.stamp - 3'000);
    });
    if (!fit || of.stamp < of.arrival - 50) return;
    RecordSpec record = of;
    record.partition = (of.partition + 1) % plan_.partitions;
    record.arrival += random_.below(1'000);
    record.stamp = record.arrival;
    records_.push_back(std::move(record));
  }

  Random& random_;
  Random edges_;  // of its own, so that it changes nothing else of a seed
  const TrafficPlan& plan_;
  std::vector<std::int64_t> newest_;  // stream time, by partition
  std::vector<RecordSpec> records_;
  std::int64_t ids_ = 0;
};

}  // namespace

int128 EventSpec::cost(std::size_t list) const { return cached ? 0 : worth(list); }

int128 EventSpec::worth(std::size_t list) const {
  if (!has_usage) return 0;
  const Rates& price = kPriceLists[list][model];
  const auto part = [](std::int64_t count, std::int64_t rate) {
    const int128 femto = int128{count} * rate, whole = femto / 1000, rest = femto % 1000;
    return whole + (rest > 500 || (rest == 500 && whole % 2 == 1) ? 1 : 0);
  };
  return part(input, price.input) + part(cache_read, price.cache_read) + part(output, price.output);
}

bool EventSpec::unpriced(std::size_t list) const {
  if (cached || !has_usage) return false;
  const Rates& price = kPriceLists[list][model];
  return price.input == 0 ? input + cache_read + output > 0 : price.output == 0 && output > 0;
}

int128 EventSpec::amount(Metric metric, std::size_t list) const {
  const bool counted = has_usage && !cached;
  switch (metric) {
    case Metric::cost: return cost(list);
    case Metric::requests: return 1;
    case Metric::input_tokens: return counted ? input + cache_read : 0;
    case Metric::output_tokens: return counted ? output : 0;
    case Metric::cached_tokens: return counted ? cache_read : 0;
    case Metric::tokens: return counted ? input + cache_read + output : 0;
    case Metric::errors:
    case Metric::error_rate: return status >= 400 ? 1 : 0;
    case Metric::unpriced_requests: return unpriced(list) ? 1 : 0;
    case Metric::cache_hit_rate:
    case Metric::prompt_cache_rate:
    case Metric::cost_per_request:
    case Metric::cost_per_session:
    case Metric::cost_per_user:
    case Metric::latency_p50:
    case Metric::latency_p90:
    case Metric::latency_p95:
    case Metric::latency_p99:
    case Metric::first_seen: break;  // of no rule here
  }
  return 0;
}

std::string EventSpec::group(const std::vector<std::string>& fields) const {
  std::string key;
  for (const auto& field : fields) {
    append_group_value(key, field == "user"    ? std::string_view(user)
                            : field == "model" ? std::string_view(kModels[model])
                                               : std::string_view(feature));
  }
  return key;
}

std::string price_file(std::size_t list) {
  std::string text = "version: 1\nprovider: sim\nupdated: 2026-01-01\nmodels:\n";
  for (std::size_t i = 0; i < std::size(kModels); ++i) {
    const Rates& price = kPriceLists[list][i];
    if (price.input == 0) continue;
    const std::string name = kModels[i];
    text += "  - model: " + name + "\n    match: [{equals: " + name + "}]\n    prices:\n" +
            "      - per_mtok: {input: " + decimal_text(price.input, 9) +
            ", cache_read: " + decimal_text(price.cache_read, 9);
    if (price.output > 0) text += ", output: " + decimal_text(price.output, 9);
    text += "}\n";
  }
  return text;
}

std::vector<RecordSpec> draw_traffic(Random& random, const TrafficPlan& plan) {
  return Traffic(random, plan).draw();
}

}  // namespace tocsin::sim
