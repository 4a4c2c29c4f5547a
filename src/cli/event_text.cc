// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "alert/alert_json.h"
#include "cli/event_trace.h"
#include "cli/explain_text.h"
#include "cli/explain_words.h"
#include "cli/plural.h"
#include "document/json_writer.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

std::string place_text(const EventTrace::Place& place) {
  return fmt::format("{}[{}] at offset {}", clean_text(place.topic), place.partition, place.offset);
}

class EventWords {
 public:
  EventWords(const EventPage& page, const Terminal& terminal)
      : page_(page), trace_(page.trace), terminal_(terminal) {}

  std::string take() {
    if (!trace_.found()) return not_found();
    if (trace_.places.front().quarantined && trace_.counted.empty() && trace_.not_counted.empty()) {
      return set_aside();
    }
    cost();
    components();
    counted();
    not_counted();
    places();
    return std::move(out_);
  }

 private:
  std::size_t width() const { return std::max<std::size_t>(terminal_.width(), 60); }

  std::string read_words() const {
    const Scanned& scanned = page_.scanned;
    std::string text = fmt::format("{} read", plural(scanned.records, "record"));
    if (scanned.earliest && scanned.latest) {
      text += ", of " + rfc3339_text(*scanned.earliest) + " to " + rfc3339_text(*scanned.latest);
    }
    if (scanned.interrupted) return text + ", then you ended it";
    if (!scanned.trouble.empty()) return text + "; then: " + shown(scanned.trouble);
    if (scanned.from_beginning) return text + ", all that there is";
    return text + "; --scan 60s reads further back";
  }

  std::string not_found() {
    std::string text =
        "No request with the id " + shown(page_.id) + " was found: " + read_words() + ".\n";
    for (const auto& id : page_.near)
      text += "  There is " + shown(id) + ": ids are compared exactly.\n";
    return text;
  }

  std::string set_aside() {
    const auto& place = trace_.places.front();
    return "  in quarantine: " + trace_.quarantine_reason + ", " + shown(trace_.quarantine_detail) +
           "\n  " + place_text(place) +
           "\n  No rule counts it: what cannot be read exactly is set aside, not guessed.\n";
  }

  void cost() {
    std::string head = "  ";
    const std::string exact = decimal_text(trace_.cost.pico(), kPicoScale, kPicoScale);
    switch (trace_.basis) {
      case CostBasis::computed:
        head += terminal_.painted(Paint::bold, "$" + exact) + "   " + shown(trace_.price);
        if (!trace_.updated.empty()) head += ", prices of " + trace_.updated;
        if (!trace_.origin.empty()) head += " (" + trace_.origin + ")";
        break;
      case CostBasis::estimated:
        head += terminal_.painted(Paint::bold, "$" + exact) + "   " + shown(trace_.model) +
                ", estimated as " + shown(trace_.price) + ": it has no price of its own";
        break;
      case CostBasis::reported:
        head += terminal_.painted(Paint::bold, "$" + exact) + "   " + shown(trace_.model) +
                ", as its producer reported";
        break;
      case CostBasis::cached:
        head += terminal_.painted(Paint::bold, "$0") + "   " + shown(trace_.model) +
                ", answered from the gateway's cache";
        break;
      case CostBasis::unmetered:
        head += terminal_.painted(Paint::bold, "$0") + "   " + shown(trace_.model) +
                ", came with neither usage nor cost";
        break;
      case CostBasis::unpriced:
        head += terminal_.painted(Paint::bold, "no price") + "   " + shown(trace_.model) +
                ": it is in no budget; add its price to a file under prices:";
        break;
    }
    out_ += wrapped(head, 4, width()) + "\n";
  }

  std::string component_text(const EventTrace::Component& part, std::size_t unit,
                             std::size_t number, std::size_t rate) const {
    const auto exact = parse_decimal(part.rate, 18, Rounding::exact);
    const std::string price = "$" + (exact ? decimal_text(*exact, 18, 2) : part.rate) + "/" +
                              (part.per == "1M" ? std::string("M") : part.per);
    return padded(part.unit, unit) + " " + padded_left(count_text(part.count), number) +
           " \xC3\x97 " + padded(price, rate) + " = $" +
           decimal_text(part.cost.pico(), kPicoScale, 6);
  }

  // Two beside each other where there is room.
  void components() {
    std::size_t unit = 10;
    std::size_t number = 5;
    std::size_t rate = 9;
    for (const auto& part : trace_.components) {
      unit = std::max(unit, part.unit.size());
      number = std::max(number, count_text(part.count).size());
      rate = std::max(rate, part.rate.size() + 2 + (part.per == "1M" ? 1 : part.per.size()));
    }
    std::vector<std::string> texts;
    std::size_t widest = 0;
    for (const auto& part : trace_.components) {
      texts.push_back(component_text(part, unit, number, rate));
      widest = std::max(widest, columns_of(texts.back()));
    }
    const bool two = 4 + 2 * widest + 4 <= width();
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const bool left = two && i % 2 == 0 && i + 1 < texts.size();
      out_ += "    ";
      out_ += left ? padded(texts[i], widest) : texts[i] + "\n";
    }
    for (const auto& name : trace_.unpriced) {
      if (trace_.basis == CostBasis::computed || trace_.basis == CostBasis::estimated)
        out_ += "    " + padded(shown(name), unit) + " no price\n";
    }
  }

  void list(std::string_view label, const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : " \xC2\xB7 ") + item;
    out_ += "  " + terminal_.painted(Paint::dim, padded(label, 13)) +
            wrapped(text, 15, width() - 15) + "\n";
  }

  void counted() {
    std::vector<std::string> items;
    for (const auto& rule : trace_.counted) {
      std::string text = clean_text(rule.rule);
      for (const auto& [field, value] : rule.group) {
        text += " " + isolated(cut_middle(clean_text(value), 24));
      }
      const bool rolling = rule.window_kind == WindowKind::rolling;
      text += " (" +
              (rolling ? "last " + duration_text(rule.window_length)
                       : std::string(window_kind_name(rule.window_kind))) +
              ")";
      items.push_back(std::move(text));
    }
    if (items.empty()) items.push_back("no rule");
    list("counted in", items);
  }

  void not_counted() {
    std::string_view label = "not in";
    for (const auto& rule : trace_.not_counted) {
      std::string why = "wants " + shown(rule.wanted);
      if (rule.wanted.empty()) why = "its filter does not match";
      if (!rule.field.empty()) {
        why += rule.value.empty() ? "; it has no " + shown(rule.field)
                                  : "; it has " + isolated(cut_middle(clean_text(rule.value), 40));
      }
      out_ += "  " + terminal_.painted(Paint::dim, padded(label, 13)) +
              wrapped(clean_text(rule.rule) + ": " + why, 15, width() - 15) + "\n";
      label = "";
    }
  }

  void places() {
    std::string_view label = "read from";
    for (const auto& place : trace_.places) {
      std::string text = place_text(place) + ", " + rfc3339_text(place.time);
      if (place.quarantined) {
        text = place_text(place) + ": in quarantine, " + trace_.quarantine_reason;
      } else if (&place != &trace_.places.front() && !trace_.places.front().quarantined) {
        text += ": a duplicate, dropped within an hour of the first";
      } else if (trace_.future_clamped) {
        text += ": stamped too far ahead, so its record's time is taken";
      }
      out_ += "  " + terminal_.painted(Paint::dim, padded(label, 13)) +
              wrapped(text, 15, width() - 15) + "\n";
      label = "";
    }
  }

  const EventPage& page_;
  const EventTrace& trace_;
  const Terminal& terminal_;
  std::string out_;
};

void write_trace(JsonWriter& json, const EventTrace& trace) {
  json.text("basis", name(trace.basis)).text("cost_usd", trace.cost.text());
  json.text("model", trace.model).text("price", trace.price).text("origin", trace.origin);
  json.key("components").begin_array();
  for (const auto& part : trace.components) {
    json.begin_object().text("unit", part.unit).number("count", part.count);
    json.text("rate", part.rate).text("per", part.per).text("cost_usd", part.cost.text());
    json.end_object();
  }
  json.end_array().key("unpriced").begin_array();
  for (const auto& unit : trace.unpriced) json.text(unit);
  json.end_array().key("counted_in").begin_array();
  for (const auto& rule : trace.counted) {
    json.begin_object().text("rule", rule.rule);
    json.text("window_kind", window_kind_name(rule.window_kind)).key("group").begin_object();
    for (const auto& [field, value] : rule.group) json.text(field, value);
    json.end_object().end_object();
  }
  json.end_array().key("not_in").begin_array();
  for (const auto& rule : trace.not_counted) {
    json.begin_object().text("rule", rule.rule).text("wants", rule.wanted);
    json.text("field", rule.field).text("has", rule.value).end_object();
  }
  json.end_array();
}

}  // namespace

std::string event_text(const EventPage& page, const Terminal& terminal) {
  return EventWords(page, terminal).take();
}

std::string event_json(const EventPage& page) {
  const EventTrace& trace = page.trace;
  std::string out;
  JsonWriter json(out);
  json.begin_object().text("id", page.id).boolean("found", trace.found());
  json.key("places").begin_array();
  for (const auto& place : trace.places) {
    json.begin_object().text("topic", place.topic).number("partition", place.partition);
    json.number("offset", place.offset).boolean("quarantined", place.quarantined).end_object();
  }
  json.end_array();
  if (!trace.quarantine_reason.empty()) {
    json.text("quarantine_reason", trace.quarantine_reason);
    json.text("quarantine_detail", trace.quarantine_detail);
  }
  if (trace.found() && !trace.places.back().quarantined) write_trace(json, trace);
  json.number("records_read", static_cast<std::int64_t>(page.scanned.records));
  json.boolean("from_beginning", page.scanned.from_beginning);
  if (!page.scanned.trouble.empty()) json.text("trouble", page.scanned.trouble);
  json.end_object();
  return out;
}

}  // namespace tocsin
