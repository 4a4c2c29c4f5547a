// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.h"

#include <fmt/format.h>

#include <algorithm>

#include "alert/alert_json.h"
#include "cli/findings.h"
#include "document/json_writer.h"
#include "notify/acknowledgement.h"
#include "state/view.h"

namespace tocsin {
namespace {

std::string failure_json(const Error& error) {
  std::string out;
  JsonWriter(out).begin_object().text("error", error.message).end_object();
  return out;
}

void write_cell(JsonWriter& json, const CellView& cell) {
  const int places = decimal_places(cell.metric);
  json.begin_object().text("rule", cell.name).key("group").begin_object();
  for (const auto& [field, value] : cell.group) json.text(field, value);
  json.end_object().key("window").begin_object();
  json.text("start", rfc3339_text(cell.window.start)).key("end");
  if (cell.window.end == kNever) {
    json.null();
  } else {
    json.text(rfc3339_text(cell.window.end));
  }
  json.end_object().text("total", decimal_text(cell.total, places)).key("budget");
  if (cell.budget) {
    json.text(decimal_text(*cell.budget, places));
  } else {
    json.null();
  }
  if (cell.rung) {
    const Rung& rung = cell.rule->ladder[*cell.rung];
    json.text("rung", rung.text).text("severity", name(rung.severity));
  } else {
    json.key("rung").null().key("severity").null();
  }
  json.end_object();
}

// What messages show of an id.
constexpr std::size_t kIdDigitsMin = 8;
constexpr std::size_t kAlertsLookedAt = 1'000'000;

void write_acknowledgement(JsonWriter& json, const Acknowledgement& seen) {
  json.key("acknowledged").begin_object().text("by", seen.by);
  json.text("at", rfc3339_text(as_event_time(seen.when))).text("comment", seen.comment);
  json.end_object();
}

// Cells in memory for a list: as many as are shown.
constexpr std::size_t kHeldMin = 1'000, kHeldMax = 20'000;

constexpr std::string_view kCountNames[][2] = {
    {"records", "Records read from the sources."},
    {"events", "Events counted, duplicates left out."},
    {"duplicates", "Events whose id was seen before."},
    {"future_clamped", "Events stamped too far ahead of their record."},
    {"too_old", "Events older than state.retention."},
    {"late", "Events that came too late for a rule's window, once a rule."},
    {"dropped_state", "Events for panes that had ended already."},
    {"unpriced", "Events whose cost, or a part of it, is unknown."},
    {"unmetered", "Events with neither usage nor cost."},
    {"cached", "Events answered from the gateway's cache."},
    {"values_cut", "Values over 256 bytes."},
    {"properties_dropped", "Properties beyond 64."},
    {"overflow_groups", "Events of groups beyond max_groups."},
    {"ids_forgotten", "Ids dropped before their horizon."},
    {"crowded_groups", "Events of groups for which state.memory had no room."},
    {"counts_mended", "Counts of providers that were more than what holds them."},
    {"spans_passed", "Spans, and what mappings read, that are no request to a model."},
    {"other_cost", "Duplicates that told another cost than the event that counted."},
    {"clamped", "Events priced with as much reasoning as output, for they told more."},
};
static_assert(std::size(kCountNames) == kCounts);

class Samples {
 public:
  void add(std::string name, std::string_view help, MetricSample::Type type, std::string value,
           std::vector<std::pair<std::string, std::string>> labels = {}) {
    samples_.push_back({"tocsin_" + std::move(name), std::string(help), type, std::move(labels),
                        std::move(value)});
  }
  void counter(std::string name, std::string_view help, std::uint64_t value,
               std::vector<std::pair<std::string, std::string>> labels = {}) {
    add(std::move(name), help, MetricSample::Type::counter, std::to_string(value),
        std::move(labels));
  }
  void gauge(std::string name, std::string_view help, std::int64_t value,
             std::vector<std::pair<std::string, std::string>> labels = {}) {
    add(std::move(name), help, MetricSample::Type::gauge, std::to_string(value), std::move(labels));
  }
  std::vector<MetricSample> take() { return std::move(samples_); }

 private:
  std::vector<MetricSample> samples_;
};

std::int64_t bytes(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX));
}

void add_engine(Samples& out, const EngineStatus& engine) {
  for (std::size_t i = 0; i < kCounts; ++i) {
    const auto& [name, help] = kCountNames[i];
    out.counter(fmt::format("{}_total", name), help, engine.counts.n[i]);
  }
  for (std::size_t i = 0; i < kQuarantineReasons; ++i) {
    out.counter("quarantined_total", "Records, or parts of them, that were set aside.",
                engine.counts.quarantined[i],
                {{"reason", std::string(name(static_cast<QuarantineReason>(i)))}});
  }
  for (const auto& [model, seen] : engine.counts.unpriced_models) {
    out.counter("unpriced_requests_total", "Requests by model that has no price.", seen.requests,
                {{"model", model}});
  }
  out.add("cost_usd_total", "What all counted events cost.", MetricSample::Type::counter,
          engine.counts.cost.text());
  out.add("cache_savings_usd_total", "What events answered from a cache would have cost.",
          MetricSample::Type::counter, engine.counts.saved.text());
  out.add("late_cost_usd_total", "What came too late cost, once a rule.",
          MetricSample::Type::counter, engine.counts.late_cost.text());
  out.counter("commits_total", "Commits of this state.", engine.commits);
  out.counter("alerts_total", "Alerts recorded since the process started.", engine.alerts);
  out.gauge("ready", "1 if /readyz says so.", engine.not_ready.empty() ? 1 : 0);
  out.gauge("catching_up", "1 while the past is counted.", engine.catching_up ? 1 : 0);
  if (engine.disk) {
    out.gauge("disk_free_bytes", "Room on the disk of the state.", bytes(engine.disk->free));
    out.gauge("disk_reserve_bytes", "With less room than this nothing is counted.",
              bytes(engine.disk->reserve));
  }
  out.gauge("held", "1 while nothing is counted for want of room.", engine.held.empty() ? 0 : 1);
  out.gauge("halted_partitions", "Partitions that are not read until a person decides.",
            static_cast<std::int64_t>(engine.halted));
  out.gauge("unmatched_rules",
            "Rules that matched none of a hundred requests or more in a day of event time.",
            static_cast<std::int64_t>(engine.unmatched_rules));
  out.counter("lost_offsets_total", "Offsets that were deleted or skipped unread.",
              engine.lost_offsets);
  out.gauge("cells", "Cells in memory.", static_cast<std::int64_t>(engine.sizes.cells));
  out.gauge("hot_bytes", "Memory of cells of calendar windows.",
            static_cast<std::int64_t>(engine.sizes.hot_bytes));
  out.gauge("pane_bytes", "Memory of groups of rolling and judged rules.",
            static_cast<std::int64_t>(engine.sizes.pane_bytes));
  out.gauge("journal_bytes", "Size of the journal.",
            static_cast<std::int64_t>(engine.sizes.journal_bytes));
  out.gauge("ids", "Event ids remembered.", static_cast<std::int64_t>(engine.sizes.ids));
  out.gauge("id_bytes", "Memory of ids.", static_cast<std::int64_t>(engine.sizes.id_bytes));
  if (engine.watermark != StreamTime::kUnset) {
    out.gauge("watermark_milliseconds", "Event time up to which judged rules are judged.",
              to_ms(engine.watermark));
  }
  for (const auto& row : engine.partitions) {
    out.gauge("next_offset", "Where a partition goes on.", row.position.next_offset,
              {{"topic", row.name.topic}, {"partition", std::to_string(row.name.partition)}});
  }
}

void add_channel(Samples& out, const ChannelStatus& channel) {
  std::vector<std::pair<std::string, std::string>> label{{"channel", channel.name}};
  if (!channel.destination.empty()) label.emplace_back("destination", channel.destination);
  out.counter("notifications_delivered_total", "Messages a channel took.", channel.delivered,
              label);
  out.counter("notification_retries_total", "Tries that failed.", channel.retried, label);
  out.counter("notifications_parked_total", "Messages no one took.", channel.parked, label);
  out.gauge("notifications_queued", "Alerts and messages not yet delivered.",
            static_cast<std::int64_t>(channel.queued), label);
  out.gauge("notification_oldest_milliseconds", "Age of the oldest of them.",
            channel.oldest.count(), label);
  out.gauge("channel_broken", "1 if the channel refuses everything.", channel.broken ? 1 : 0,
            label);
}

// "1.042" of 1042.
std::string thousandths(std::int64_t count) { return decimal_text(count, 3); }

void add_reloads(Samples& out, const ReloadStatus& reloads) {
  const auto count = [&](const char* result, std::uint64_t n) {
    out.counter("reloads_total", "Times the configuration was read again.", n,
                {{"result", result}});
  };
  count("applied", reloads.applied);
  count("unchanged", reloads.unchanged);
  count("refused", reloads.refused);
  out.gauge("config_refused", "1 while the files are refused and an older version runs.",
            reloads.refused_because.empty() ? 0 : 1);
  out.add("config_loaded_timestamp_seconds", "When what is in force was accepted.",
          MetricSample::Type::gauge, thousandths(reloads.loaded.time_since_epoch().count()));
  out.add("reload_pause_milliseconds", "How long the stream waited for the last reload.",
          MetricSample::Type::gauge, thousandths(reloads.pause.count()));
}

}  // namespace

Api::Answer reload_answer(const ReloadOutcome& outcome) {
  using Result = ReloadOutcome::Result;
  if (outcome.result == Result::busy) {
    return {409, R"({"error": "a reload is under way; ask again when it is done"})"};
  }
  if (outcome.result == Result::stopping) return {503, R"({"error": "the engine is stopping"})"};
  if (outcome.result == Result::refused) return {422, findings_json(*outcome.found)};
  std::string out;
  JsonWriter json(out);
  const bool applied = outcome.result == Result::applied;
  json.begin_object()
      .text("result", applied ? "applied" : "unchanged")
      .number("rules", static_cast<std::int64_t>(written_rules(outcome.in_force->loaded.rules)))
      .number("channels",
              static_cast<std::int64_t>(outcome.in_force->loaded.config.channels.size()))
      .key("changes")
      .begin_array();
  for (const auto& change : outcome.changes) json.text(change);
  json.end_array();
  if (applied) json.number("pause_us", outcome.pause.count());
  json.end_object();
  return {200, out};
}

std::string budgets_json(const Store& store, const std::vector<Rule>& rules, std::size_t limit) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("budgets").begin_array();
  std::size_t left = limit;
  const auto snapshot = store.snapshot();
  const std::size_t held = std::clamp(limit, kHeldMin, kHeldMax);
  const auto read = StateView(*snapshot, rules, held).cells([&](const CellView& cell) {
    if (left == 0) return false;
    if (cell.rule != nullptr && cell.rule->second_part) return true;  // the other part's, too
    --left;
    write_cell(json, cell);
    return left > 0;
  });
  if (!read) return failure_json(read.error());
  json.end_array().end_object();
  return out;
}

std::string alerts_json(const Store& store, const std::vector<Rule>& rules, std::size_t limit) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("alerts").begin_array();
  std::size_t left = limit;
  const auto snapshot = store.snapshot();
  const auto read = StateView(*snapshot, rules).alerts([&](const Alert& alert) {
    if (left == 0) return false;
    --left;
    json.begin_object();
    write_alert_keys(json, alert);
    if (const auto seen = acknowledgement_of(*snapshot, alert.id)) {
      write_acknowledgement(json, *seen);
    }
    json.end_object();
    return left > 0;
  });
  if (!read) return failure_json(read.error());
  json.end_array().end_object();
  return out;
}

Api::Answer acknowledge_answer(Store& store, const Api::Query& query, WallTime now) {
  const auto given = [&](std::string_view name) {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  };
  const std::string id = given("id");
  if (id.size() < kIdDigitsMin) {
    return {400,
            failure_json({Reaction::reject, "id is an alert's, or at least its first 8 digits"})};
  }
  std::optional<Alert> found;
  std::size_t left = kAlertsLookedAt;
  const auto snapshot = store.snapshot();
  const std::vector<Rule> none;
  const auto read = StateView(*snapshot, none).alerts([&](const Alert& alert) {
    if (alert.id.starts_with(id)) found = alert;
    return !found && --left > 0;
  });
  if (!read) return {500, failure_json(read.error())};
  if (!found) return {404, failure_json({Reaction::reject, "no alert has the id " + id})};
  const std::string by = given("by");
  const auto seen =
      acknowledge(store, found->id, {by.empty() ? "somebody" : by, given("comment"), now});
  if (!seen) return {500, failure_json(seen.error())};
  Api::Answer answer;
  JsonWriter json(answer.body);
  json.begin_object().key("alert");
  write_alert(json, *found);
  write_acknowledgement(json, *seen);
  json.end_object();
  return answer;
}

std::vector<MetricSample> metric_samples(const EngineStatus& engine,
                                         const std::vector<ChannelStatus>& channels,
                                         const ReloadStatus& reloads) {
  Samples out;
  add_engine(out, engine);
  add_reloads(out, reloads);
  for (const auto& channel : channels) add_channel(out, channel);
  return out.take();
}

}  // namespace tocsin
