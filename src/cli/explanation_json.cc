// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "alert/alert_json.h"
#include "cli/explanation.h"
#include "document/json_writer.h"

namespace tocsin {
namespace {

class Writer {
 public:
  explicit Writer(std::string& out) : json_(out) {}

  void explanation(const Explanation& of) {
    metric_ = of.metric;
    json_.begin_object();
    head(of.engine, of.now);
    rule(of);
    json_.key("group");
    pairs(of.group);
    json_.boolean("is_one", of.is_one).boolean("counted", of.counted);
    json_.key("level");
    level(of.level);
    if (of.since) json_.text("since", rfc3339_text(*of.since));
    write_known(json_, as_alert(of));
    json_.key("ladder").begin_array();
    for (const auto& rung : of.ladder) ladder(rung);
    json_.end_array().number("groups", whole(of.groups)).key("fullest").begin_array();
    for (const auto& group : of.fullest) level(group);
    json_.end_array();
    if (!of.unfilled.empty()) unfilled(of);
    json_.key("near").begin_array();
    for (const auto& group : of.near) json_.text(group);
    json_.end_array().key("told").begin_array();
    for (const auto& alert : of.told) told(alert);
    json_.end_array().number("told_before", whole(of.told_before));
    trust(of.trust);
    json_.end_object();
  }

  void levels(const RuleLevels& of) {
    json_.begin_object();
    head(of.engine, of.now);
    json_.key("rules").begin_array();
    for (const auto& rule : of.rules) {
      metric_ = rule.metric;
      json_.begin_object().text("rule", rule.rule).text("origin", rule.origin);
      window_kind(rule.window_kind, rule.window_length, rule.zone);
      json_.text("metric", name(rule.metric)).boolean("grouped", rule.grouped);
      json_.number("groups", whole(rule.groups)).number("over", whole(rule.over));
      if (rule.fullest) {
        json_.key("fullest");
        level(*rule.fullest);
      }
      json_.end_object();
    }
    json_.end_array();
    trust(of.trust);
    json_.end_object();
  }

 private:
  static std::int64_t whole(std::uint64_t n) { return static_cast<std::int64_t>(n); }

  void head(bool engine, EventTime now) {
    json_.text("from", engine ? "engine" : "state").text("now", rfc3339_text(now));
  }

  void rule(const Explanation& of) {
    json_.key("rule").begin_object().text("name", of.rule).text("summary", of.summary);
    json_.text("where", of.where).text("origin", of.origin).text("metric", name(of.metric));
    window_kind(of.window_kind, of.window_length, of.zone);
    json_.boolean("budgeted", of.budgeted).number("min_requests", of.min_requests);
    json_.number("for_ms", of.hold.count()).key("group_by").begin_array();
    for (const auto& field : of.group_by) json_.text(field);
    json_.end_array().end_object();
  }

  void window_kind(WindowKind kind, Millis length, const std::string& zone) {
    json_.text("window_kind", window_kind_name(kind)).number("window_ms", length.count());
    json_.text("time_zone", zone);
  }

  void unfilled(const Explanation& of) {
    json_.text("total", amount(of.total)).key("unfilled").begin_array();
    for (const auto& [field, value] : of.unfilled) {
      json_.begin_object().text("field", field).text("value", amount(value)).end_object();
    }
    json_.end_array();
  }

  void level(const GroupLevel& of) {
    json_.begin_object().key("group");
    pairs(of.group);
    json_.key("window").begin_object().text("start", rfc3339_text(of.window.start));
    json_.number("start_ms", to_ms(of.window.start));
    if (of.window.end != kNever) {
      json_.text("end", rfc3339_text(of.window.end)).number("end_ms", to_ms(of.window.end));
    }
    json_.end_object().text("value", amount(of.value)).number("requests", of.requests);
    if (is_ratio(metric_)) json_.text("numerator", decimal_text(of.numerator, 0));
    if (of.budget) json_.text("budget", amount(*of.budget));
    json_.text("limit", amount(of.limit));
    if (!of.rung.empty()) json_.text("rung", of.rung).text("severity", name(of.severity));
    json_.end_object();
  }

  void ladder(const RungLevel& rung) {
    json_.begin_object().text("rung", rung.rung).text("amount", amount(rung.amount));
    json_.text("severity", name(rung.severity)).boolean("reached", rung.reached);
    if (rung.holds_since) json_.text("holds_since", rfc3339_text(*rung.holds_since));
    json_.key("channels").begin_array();
    for (const auto& channel : rung.channels) json_.text(channel);
    json_.end_array().end_object();
  }

  void told(const ToldAlert& alert) {
    json_.begin_object().text("id", alert.id).text("rung", alert.rung);
    json_.text("severity", name(alert.severity)).number("at_ms", to_ms(alert.at));
    json_.key("group");
    pairs(alert.group);
    json_.boolean("old_news", alert.old_news).boolean("stale", alert.stale);
    json_.boolean("continues", alert.continues);
    if (alert.forecast) {
      json_.text("forecast", amount(*alert.forecast));
      json_.number("forecast_weeks", alert.forecast_weeks);
    }
    if (alert.silenced) {
      json_.key("silence").begin_object().text("id", alert.silenced->id);
      json_.text("author", alert.silenced->author).text("comment", alert.silenced->comment);
      json_.number("until_ms", alert.silenced->until.time_since_epoch().count()).end_object();
    }
    if (alert.acknowledged) {
      json_.key("acknowledged").begin_object().text("by", alert.acknowledged->by);
      json_.text("comment", alert.acknowledged->comment);
      json_.number("at_ms", alert.acknowledged->when.time_since_epoch().count()).end_object();
    }
    json_.key("channels").begin_array();
    for (const auto& telling : alert.tellings) {
      json_.begin_object().text("channel", telling.channel);
      json_.text("fate", fate_name(telling.fate));
      if (telling.fate != ToldOn::Fate::waiting) {
        json_.number("at_ms", telling.when.time_since_epoch().count());
        json_.number("attempts", telling.attempts);
      }
      if (!telling.reason.empty()) json_.text("reason", telling.reason);
      json_.end_object();
    }
    json_.end_array().end_object();
  }

  void trust(const Trust& of) {
    json_.key("trust").begin_object();
    for (const auto& [name_of, count] : {std::pair{"late", of.late},
                                         {"unpriced", of.unpriced},
                                         {"quarantined", of.quarantined},
                                         {"duplicates", of.duplicates},
                                         {"other_cost", of.other_cost},
                                         {"too_old", of.too_old},
                                         {"overflow_groups", of.overflow_groups},
                                         {"ids_forgotten", of.ids_forgotten}}) {
      json_.number(name_of, whole(count));
    }
    json_.boolean("catching_up", of.catching_up).key("trouble").begin_array();
    for (const auto& text : of.trouble) json_.text(text);
    json_.end_array().key("channels").begin_array();
    for (const auto& [channel, why] : of.channels) {
      json_.begin_object().text("channel", channel).text("trouble", why).end_object();
    }
    json_.end_array().end_object();
  }

  void pairs(const GroupValues& group) {
    json_.begin_object();
    for (const auto& [field, value] : group) json_.text(field, value);
    json_.end_object();
  }

  std::string amount(int128 value) const { return decimal_text(value, decimal_places(metric_)); }

  JsonWriter json_;
  Metric metric_ = Metric::cost;
};

}  // namespace

std::string explanation_json(const Explanation& of) {
  std::string out;
  Writer(out).explanation(of);
  return out;
}

std::string rule_levels_json(const RuleLevels& of) {
  std::string out;
  Writer(out).levels(of);
  return out;
}

}  // namespace tocsin
