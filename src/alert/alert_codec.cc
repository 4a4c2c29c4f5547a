// SPDX-License-Identifier: Apache-2.0
#include "alert/alert_codec.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "tocsin/row.h"

namespace tocsin {
namespace {

// 1 knows no silences, 2 nothing of what drives a value, 3 nothing of the window before, 4 nothing
// of the last hour, of other groups, and of what drove the window before; each is written where
// that is so.
constexpr std::uint8_t kVersion = 5;
constexpr std::uint8_t kBeside = 64;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void write_pairs(RowWriter& out, const Pairs& pairs) {
  out.number(pairs.size());
  for (const auto& [name, value] : pairs) {
    out.text(name);
    out.text(value);
  }
}

Pairs read_pairs(RowReader& in) {
  Pairs pairs;
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const std::string_view name = in.text();
    pairs.emplace_back(name, in.text());
  }
  return pairs;
}

// A number that is at most `last`; else `valid` is lost.
std::uint64_t read_up_to(RowReader& in, std::uint64_t last, bool& valid) {
  const std::uint64_t value = in.number();
  if (value <= last) return value;
  valid = false;
  return 0;
}

template <class Enum>
Enum read_enum(RowReader& in, Enum last, bool& valid) {
  return static_cast<Enum>(read_up_to(in, static_cast<std::uint64_t>(last), valid));
}

void write_what(RowWriter& out, const Alert& alert) {
  out.text(alert.id);
  out.text(alert.rule);
  write_pairs(out, alert.group);
  out.signed_number(to_ms(alert.window.start));
  out.signed_number(to_ms(alert.window.end));
  out.text(alert.rung);
  out.amount(alert.amount);
  out.amount(alert.value);
  out.byte(alert.budget ? 1 : 0);
  if (alert.budget) out.amount(*alert.budget);
  out.byte(static_cast<std::uint8_t>(alert.severity));
  out.signed_number(to_ms(alert.at));
  out.number(alert.crossed.size());
  for (const std::string& rung : alert.crossed) out.text(rung);
  write_pairs(out, alert.labels);
}

void write_words(RowWriter& out, const Alert& alert) {
  out.byte(static_cast<std::uint8_t>(alert.metric));
  out.byte(static_cast<std::uint8_t>(alert.window_kind));
  out.signed_number(alert.window_length.count());
  for (const std::string* text : {&alert.zone, &alert.summary, &alert.where, &alert.origin,
                                  &alert.description, &alert.runbook}) {
    out.text(*text);
  }
  out.signed_number(alert.requests);
  out.signed_number(alert.numerator);
  out.byte(alert.next ? 1 : 0);
  if (alert.next) {
    out.text(alert.next->rung);
    out.amount(alert.next->amount);
    out.byte(static_cast<std::uint8_t>(alert.next->severity));
  }
}

// What it is seen beside: an amount (1), with the shape of what it is a forecast by (2).
void write_beside(RowWriter& out, const Alert& alert) {
  const bool shaped = alert.beside && alert.shape;
  out.byte(shaped ? 2 : alert.beside ? 1 : 0);
  if (alert.beside) out.amount(*alert.beside);
  if (shaped) {
    out.number(static_cast<std::uint64_t>(alert.shape->weeks));
    out.signed_number(to_ms(alert.shape->over.value_or(kNever)));
  }
  out.signed_number(alert.compare_to.count());
}

void read_beside(RowReader& in, Alert& alert, bool& valid) {
  const auto parts = read_up_to(in, 2, valid);
  if (parts >= 1) alert.beside = in.amount();
  if (parts == 2) {
    alert.shape = Alert::Shape{};
    alert.shape->weeks = static_cast<int>(read_up_to(in, INT32_MAX, valid));
    const EventTime over = event_time_ms(in.signed_number());
    if (over != kNever) alert.shape->over = over;
  }
  alert.compare_to = Millis{in.signed_number()};
}

void read_what(RowReader& in, Alert& alert, bool& valid) {
  alert.id = in.text();
  alert.rule = in.text();
  alert.group = read_pairs(in);
  alert.window.start = event_time_ms(in.signed_number());
  alert.window.end = event_time_ms(in.signed_number());
  alert.rung = in.text();
  alert.amount = in.amount();
  alert.value = in.amount();
  if (read_up_to(in, 1, valid) == 1) alert.budget = in.amount();
  alert.severity = read_enum(in, Severity::critical, valid);
  alert.at = event_time_ms(in.signed_number());
  for (auto left = in.number(); left > 0 && in.ok(); --left) alert.crossed.emplace_back(in.text());
  alert.labels = read_pairs(in);
}

void read_words(RowReader& in, Alert& alert, bool& valid) {
  alert.metric = read_enum(in, kLastMetric, valid);
  alert.window_kind = read_enum(in, WindowKind::session, valid);
  alert.window_length = Millis{in.signed_number()};
  for (std::string* text : {&alert.zone, &alert.summary, &alert.where, &alert.origin,
                            &alert.description, &alert.runbook}) {
    *text = in.text();
  }
  alert.requests = in.signed_number();
  alert.numerator = in.signed_number();
  if (read_up_to(in, 1, valid) == 1) {
    Alert::Next next;
    next.rung = in.text();
    next.amount = in.amount();
    next.severity = read_enum(in, Severity::critical, valid);
    alert.next = std::move(next);
  }
}

void write_drivers(RowWriter& out, const Alert& alert) {
  out.number(alert.drivers.size());
  for (const auto& driver : alert.drivers) {
    out.text(name(driver.field));
    out.text(driver.value);
    out.amount(driver.amount);
    out.byte(driver.approximate ? 1 : 0);
  }
}

DriverField read_field(RowReader& in, bool& valid) {
  const std::string_view text = in.text();
  const auto known = std::find(kDriverFieldNames.begin(), kDriverFieldNames.end(), text);
  if (known != kDriverFieldNames.end()) {
    return static_cast<DriverField>(known - kDriverFieldNames.begin());
  }
  valid = false;
  return {};
}

void read_drivers(RowReader& in, Alert& alert, bool& valid) {
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    Alert::Driver driver;
    driver.field = read_field(in, valid);
    driver.value = in.text();
    driver.amount = in.amount();
    driver.approximate = in.byte() != 0;
    alert.drivers.push_back(std::move(driver));
  }
}

void write_before(RowWriter& out, const Alert::Before& before) {
  out.signed_number(to_ms(before.window.start));
  out.signed_number(to_ms(before.window.end));
  out.amount(before.value);
}

Alert::Before read_before(RowReader& in) {
  Alert::Before before;
  before.window.start = event_time_ms(in.signed_number());
  before.window.end = event_time_ms(in.signed_number());
  before.value = in.amount();
  return before;
}

// Each beside its flag.
void write_asides(RowWriter& out, const Alert& alert) {
  out.byte(alert.before ? 1 : 0);
  if (alert.before) {
    write_before(out, *alert.before);
    out.number(alert.before->drivers.size());
    for (const auto& amount : alert.before->drivers) {
      out.byte(amount ? 1 : 0);
      if (amount) out.amount(*amount);
    }
  }
  out.byte(alert.recent ? 1 : 0);
  if (alert.recent) {
    out.signed_number(alert.recent->span.count());
    out.amount(alert.recent->amount);
  }
  out.number(alert.elsewhere.size());
  for (const auto& elsewhere : alert.elsewhere) {
    out.text(elsewhere.field);
    out.text(elsewhere.other);
    out.amount(elsewhere.value);
    out.signed_number(elsewhere.requests);
  }
}

void read_asides(RowReader& in, Alert& alert, bool& valid) {
  if (read_up_to(in, 1, valid) == 1) {
    alert.before = read_before(in);
    for (auto left = in.number(); left > 0 && in.ok(); --left) {
      auto& amount = alert.before->drivers.emplace_back();
      if (read_up_to(in, 1, valid) == 1) amount = in.amount();
    }
    const std::size_t of = alert.before->drivers.size();
    valid = valid && (of == 0 || of == alert.drivers.size());
  }
  if (read_up_to(in, 1, valid) == 1) {
    alert.recent.emplace();
    alert.recent->span = Millis{in.signed_number()};
    alert.recent->amount = in.amount();
    valid = valid && alert.recent->span > Millis{0};
  }
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    Alert::Elsewhere elsewhere;
    elsewhere.field = in.text();
    elsewhere.other = in.text();
    elsewhere.value = in.amount();
    elsewhere.requests = in.signed_number();
    alert.elsewhere.push_back(std::move(elsewhere));
  }
}

std::uint8_t version_of(const Alert& alert) {
  const bool by_status =
      std::any_of(alert.drivers.begin(), alert.drivers.end(),
                  [](const auto& driver) { return driver.field == DriverField::status; });
  if (alert.recent || !alert.elsewhere.empty() || by_status) return kVersion;
  if (alert.before) return alert.before->drivers.empty() ? 4 : kVersion;
  if (!alert.drivers.empty()) return 3;
  return alert.silence.empty() ? 1 : 2;
}

}  // namespace

std::string encode_alert(const Alert& alert) {
  std::string bytes;
  RowWriter out(bytes);
  const std::uint8_t version = version_of(alert);
  out.byte(version);
  write_what(out, alert);
  write_words(out, alert);
  const bool flags[] = {alert.old_news,
                        alert.stale,
                        alert.continues,
                        alert.late,
                        alert.enforced,
                        alert.repriced,
                        alert.beside || alert.compare_to > Millis{0}};
  std::uint8_t bits = 0;
  for (unsigned i = 0; i < std::size(flags); ++i) {
    bits = static_cast<std::uint8_t>(bits | (flags[i] ? 1U << i : 0U));
  }
  out.byte(bits);
  if ((bits & kBeside) != 0) {
    write_beside(out, alert);
  }
  if (version >= 2) out.text(alert.silence);
  if (version >= 3) write_drivers(out, alert);
  if (version == 4) write_before(out, *alert.before);
  if (version >= 5) write_asides(out, alert);
  return bytes;
}

Result<Alert> decode_alert(std::string_view bytes) {
  RowReader in(bytes);
  const auto version = in.byte();
  if (in.ok() && (version < 1 || version > kVersion)) {
    return reject("an alert in the state has version " + std::to_string(version) +
                  ", this program knows up to version " + std::to_string(kVersion) +
                  ": start the program that wrote it, or a newer one");
  }
  Alert alert;
  bool valid = true;
  read_what(in, alert, valid);
  read_words(in, alert, valid);
  const auto bits = read_up_to(in, 127, valid);
  alert.old_news = (bits & 1) != 0;
  alert.stale = (bits & 2) != 0;
  alert.continues = (bits & 4) != 0;
  alert.late = (bits & 8) != 0;
  alert.enforced = (bits & 16) != 0;
  alert.repriced = (bits & 32) != 0;
  if ((bits & kBeside) != 0) {
    read_beside(in, alert, valid);
  }
  if (version >= 2) alert.silence = in.text();
  if (version >= 3) read_drivers(in, alert, valid);
  if (version == 4) alert.before = read_before(in);
  if (version >= 5) read_asides(in, alert, valid);
  if (!in.ok() || !in.done() || !valid) {
    return reject("an alert in the state is damaged: its bytes are not what was written");
  }
  return alert;
}

}  // namespace tocsin
