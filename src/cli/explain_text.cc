// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/explain_words.h"
#include "cli/unfilled_text.h"
#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/outbox.h"
#include "notify/period_text.h"
#include "notify/plain_text.h"
#include "tocsin/group.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

constexpr std::size_t kLabel = 12;  // "  spent     "
constexpr std::size_t kValuesShown = 4;

std::string group_words(const GroupValues& group) {
  std::string text;
  for (const auto& [field, value] : group) {
    text += (text.empty() ? "" : ", ") + shown(field) + " = " + shown(value);
  }
  return text;
}

std::string took_text(Millis took) {
  if (took < Millis{1'000}) return fmt::format("{} ms", took.count());
  if (took < Millis{10'000}) return decimal_text(divide_half_even(took.count(), 100), 1, 1) + " s";
  return duration_text(took);
}

class Page {
 public:
  Page(const Explanation& of, const RequestFacts& facts, const Terminal& terminal)
      : of_(of), facts_(facts), terminal_(terminal), alert_(as_alert(of)) {}

  std::string take() {
    header();
    if (of_.is_one) {
      if (of_.counted) one();
      if (!of_.counted) empty_window();
    } else {
      groups();
    }
    requests();
    reasons();
    told();
    trust();
    from();
    return std::move(out_);
  }

 private:
  std::size_t width() const { return std::max<std::size_t>(terminal_.width(), 60); }

  void put(std::string_view label, std::string_view text) {
    const std::string lines = wrapped(text, kLabel, width() - kLabel);
    out_ += "  " + terminal_.painted(Paint::dim, padded(label, kLabel - 2)) + lines + "\n";
  }
  void blank() { out_ += "\n"; }

  void header() {
    const std::string name = clean_text(of_.rule);
    const std::string group = group_words(of_.group);
    const std::string level = level_words();
    const std::size_t left = columns_of(name) + (group.empty() ? 0 : 2 + columns_of(group));
    const std::size_t need = left + columns_of(of_.origin) + columns_of(level) + 6;
    const std::string painted_level =
        terminal_.painted(paint_of(of_.level.rung, of_.level.severity), level);
    out_ += terminal_.painted(Paint::bold, name);
    if (!group.empty()) out_ += "  " + group;
    if (need > width()) {
      out_ += "\n  " + terminal_.painted(Paint::dim, of_.origin) + "   " + painted_level + "\n\n";
      return;
    }
    // The file stands at column 56 where there is room.
    const std::size_t room = width() - need;
    const std::size_t gap = left + 3 < 56 ? std::min(56 - left, room + 3) : 3;
    out_ += std::string(gap, ' ') + terminal_.painted(Paint::dim, of_.origin) + "   " +
            painted_level + "\n\n";
  }

  std::string level_words() const {
    if (!of_.is_one) return grouped_plural(of_.groups, "group");
    if (of_.level.rung.empty()) return "quiet";
    std::string words(name(of_.level.severity));
    if (of_.since) words += " since " + moment(*of_.since, of_.now, of_.zone);
    return words;
  }

  void one() {
    spent();
    before();
    who();
    window();
    pace();
    next();
    rungs();
  }

  void spent() {
    const GroupLevel& level = of_.level;
    if (!is_sum(of_.metric)) {
      std::string text = value_text(of_.metric, level.value, level.limit);
      text += "   " + made_of(level).words;
      if (level.limit > 0) text += "   limit " + limit_text(of_.metric, level.limit);
      put("now", text);
      return;
    }
    const std::string unit = unit_word(of_.metric);
    const std::string_view label = of_.metric == Metric::cost ? "spent" : "used";
    if (!level.budget) {
      std::string text = value_with_unit(of_.metric, level.value, std::nullopt);
      if (of_.budgeted) {
        text += "   no budget";
      } else if (level.limit > 0) {
        text += "   limit " + limit_text(of_.metric, level.limit);
      }
      put(label, text);
      return;
    }
    std::string text = value_text(of_.metric, level.value, level.budget) + " of " +
                       even_limit_text(of_.metric, *level.budget) +
                       (unit.empty() ? "" : " " + unit);
    if (const auto percent = whole_percent(level.value, *level.budget)) {
      const std::size_t cells = width() >= 92 ? 20 : 12;
      text += "   " + terminal_.painted(paint_of(level.rung, level.severity),
                                        progress_bar(permille(level.value, *level.budget), cells));
      text += "  " + count_text(*percent) + "%" + passed();
    }
    out_ += "  " + terminal_.painted(Paint::dim, padded(label, kLabel - 2)) + text + "\n";
  }

  void before() {
    if (!of_.before) return;
    put("before", value_with_unit(of_.metric, of_.before->value, std::nullopt) + " " +
                      period_before(alert_, of_.now) + " at the same time");
  }

  void who() {
    const std::string text = drivers_text(alert_);
    if (!text.empty()) put("who", text);
  }

  // "   59% of the day has passed"
  std::string passed() const {
    const Window& window = of_.level.window;
    if (of_.window_kind == WindowKind::rolling || window.end == kNever ||
        !window.contains(of_.now)) {
      return "";
    }
    const auto gone =
        whole_percent((of_.now - window.start).count(), (window.end - window.start).count());
    return "   " + count_text(gone.value_or(0)) + "% of the " + window_word(of_.window_kind) +
           " has passed";
  }

  void window() {
    const bool rolling = of_.window_kind == WindowKind::rolling;
    std::string text = rolling ? span_text(alert_, of_.now) + ": "
                       : of_.window_kind == WindowKind::lifetime
                           ? std::string()
                           : std::string(window_kind_name(of_.window_kind)) + ": ";
    text += bounds_text(alert_, of_.now);
    if (!rolling && of_.level.window.end <= of_.now) {
      text += "; it is over, and nothing is counted since";
    }
    put("window", text);
  }

  void pace() {
    const auto pace = pace_of(alert_, of_.now);
    if (!pace) return;
    const std::string per = "/" + std::string(pace->unit);
    std::string text = value_text(of_.metric, pace->per_unit) + per +
                       (pace->since.empty() ? "" : ", the " + pace->since) +
                       " (even: " + value_text(of_.metric, pace->even_per_unit) + per + ")";
    const Window hour{of_.now - Millis{3'600'000}, of_.now};
    const bool is_said = !pace->since.empty();
    if (!is_said && of_.metric == Metric::cost && facts_.any() && facts_.covers(hour)) {
      text += ", " + value_text(Metric::cost, facts_.tally->last_hour(of_.now).pico()) +
              " in the last hour";
    }
    if (pace->gone) {
      text += ": " + limit_text(of_.metric, *of_.level.budget) + " gone by " +
              when_text(*pace->gone, of_.now, of_.zone);
    }
    text += ", about " + about_text(of_.metric, pace->at_end) + " by " + deadline_text(alert_);
    put("pace", text);
  }

  void next() {
    if (!alert_.next) return;
    std::string text;
    if (of_.budgeted) text = rung_words(alert_.next->rung) + " at ";
    text += of_.budgeted ? even_limit_text(of_.metric, alert_.next->amount)
                         : limit_text(of_.metric, alert_.next->amount);
    text += " (" + std::string(name(alert_.next->severity)) + ")";
    const auto pace = pace_of(alert_, of_.now);
    if (pace && pace->next) text += ", about " + when_text(*pace->next, of_.now, of_.zone);
    put("next", text);
  }

  // Where some are judged as time passes: the others can be told from what is spent.
  void rungs() {
    const auto is_judged = [](const RungLevel& rung) { return !is_passed(rung.rung); };
    if (!is_sum(of_.metric) || std::none_of(of_.ladder.begin(), of_.ladder.end(), is_judged)) {
      return;
    }
    std::string text;
    for (const RungLevel& rung : of_.ladder) {
      text += (text.empty() ? "" : " \xC2\xB7 ") + rung_words(rung.rung);
      if (of_.budgeted) text += " at " + even_limit_text(of_.metric, rung.amount);
      text += " (" + std::string(name(rung.severity)) + ")";
      if (rung.reached) text += ", reached";
    }
    put("rungs", text);
  }

  // A group, or a rule, of which nothing is counted.
  void empty_window() {
    window();
    if (of_.level.budget) put("budget", even_limit_text(of_.metric, *of_.level.budget));
  }

  void groups() {
    window();
    if (of_.groups == 0) return;
    blank();
    std::size_t name_width = 8;
    std::size_t value_width = 1;
    for (const auto& level : of_.fullest) {
      name_width = std::max(name_width, columns_of(group_value(level.group)));
      value_width = std::max(value_width, columns_of(value_of(level)));
    }
    out_ += "  " + grouped_plural(of_.groups, "group") +
            (of_.groups > of_.fullest.size() ? "; fullest:" : ":") + "\n";
    for (const auto& level : of_.fullest) group_line(level, name_width, value_width);
    if (!of_.fullest.empty()) {
      Alert fullest = alert_;
      fullest.group = of_.fullest.front().group;
      out_ += "  One of them: " + explain_command(fullest, true) + "\n";
    }
    unfilled();
  }

  // Of fields that producers do not send.
  void unfilled() {
    std::string text;
    for (const auto& [field, value] : of_.unfilled) {
      text += (text.empty() ? "" : "; ") + unfilled_text(of_.metric, value, of_.total, field);
    }
    if (text.empty()) return;
    blank();
    put(kNone, text + ": " + std::string(kFillIn));
  }

  // What a rate, an average or a percentile is of.
  Parts made_of(const GroupLevel& level) const {
    Alert alert;
    alert.metric = of_.metric;
    alert.requests = level.requests;
    alert.numerator = static_cast<std::int64_t>(level.numerator);
    return parts_of(alert);
  }

  std::string value_of(const GroupLevel& level) const {
    if (!is_sum(of_.metric) || !level.budget) {
      return value_with_unit(of_.metric, level.value, std::nullopt);
    }
    return value_text(of_.metric, level.value, level.budget) + " of " +
           limit_text(of_.metric, *level.budget);
  }

  void group_line(const GroupLevel& level, std::size_t name_width, std::size_t value_width) {
    std::string line = "    " + padded(group_value(level.group), name_width) + "  " +
                       padded_left(value_of(level), value_width);
    if (!is_sum(of_.metric)) {
      line += "   " + made_of(level).value;
    } else if (const auto percent = whole_percent(level.value, level.limit)) {
      line += "  " + terminal_.painted(paint_of(level.rung, level.severity),
                                       progress_bar(permille(level.value, level.limit), 12));
      line += padded_left(count_text(*percent) + "%", 6);
    } else if (of_.budgeted) {
      line += "  no budget";
    }
    if (!level.rung.empty()) {
      line += "  " + terminal_.painted(paint_of(level.rung, level.severity),
                                       std::string(name(level.severity)));
    }
    out_ += line + "\n";
  }

  void requests() {
    if (!facts_.any() || (of_.is_one && !of_.counted) || facts_.tally->requests == 0) return;
    const RequestTally& tally = *facts_.tally;
    blank();
    counted(tally);
    not_counted(tally);
    last(tally);
  }

  void counted(const RequestTally& tally) {
    const std::string where = of_.where.empty() ? "" : shown(of_.where);
    std::string text = grouped_count(tally.matched) + " of ";
    const std::string possessive = possessive_period(alert_, of_.now);
    const std::string seen = looked_at(facts_.scanned, of_);
    if (!of_.group.empty()) {
      text += "this group's " + grouped_plural(tally.requests, "request");
    } else if (!possessive.empty()) {
      text += possessive + " " + grouped_plural(tally.requests, "request");
    } else {
      text += grouped_plural(tally.requests, "request") + " " + period_text(alert_, of_.now);
    }
    if (!seen.empty()) text += ", " + seen;
    row("counted", where.empty() ? "every request" : where, text);
  }

  // Label, what, how many: the numbers stand in a column.
  void row(std::string_view label, const std::string& what, const std::string& text) {
    const std::size_t column = std::clamp<std::size_t>(columns_of(what), what_width_, 44);
    what_width_ = std::max(what_width_, std::min<std::size_t>(column, 30));
    put(label, padded(what, what_width_) + "  " + text);
  }

  void not_counted(const RequestTally& tally) {
    struct Row {
      std::string what;
      std::uint64_t n = 0;
    };
    std::vector<Row> rows;
    std::uint64_t others = 0;
    for (std::size_t i = 0; i < tally.parts.size(); ++i) {
      const FilterPart& part = (*facts_.parts)[i];
      for (const auto& [value, n] : tally.parts[i].first_failed.of) {
        const std::string field = shown(part.field());
        rows.push_back({field.empty() ? "not: " + shown(part.text)
                        : value.empty()
                            ? "no " + field
                            : field + " = " + isolated(cut_middle(clean_text(value), 24)),
                        n});
      }
      others += tally.parts[i].first_failed.others;
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const auto& a, const auto& b) { return a.n > b.n; });
    std::size_t digits = 1;
    for (const auto& each : rows) digits = std::max(digits, grouped_count(each.n).size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i < kValuesShown || (i == kValuesShown && rows.size() == i + 1 && others == 0)) {
        row(i == 0 ? "not" : "", rows[i].what, padded_left(grouped_count(rows[i].n), digits));
      } else {
        others += rows[i].n;
      }
    }
    if (others > 0) row("", "anything else", padded_left(grouped_count(others), digits));
  }

  void last(const RequestTally& tally) {
    if (!tally.last) return;
    const RequestTally::Last& last = *tally.last;
    std::string text = moment(last.time, of_.now, of_.zone);
    if (!last.id.empty()) text += "  " + isolated(cut_middle(clean_text(last.id), 40));
    if (!last.model.empty()) text += "  " + shown(last.model);
    text += "  " + (last.priced ? value_text(Metric::cost, last.cost.pico()) : "no price");
    if (!last.user.empty()) text += "  " + isolated(cut_middle(clean_text(last.user), 24));
    put("last", text);
    if (!last.id.empty()) {
      out_ += std::string(kLabel, ' ') +
              terminal_.painted(Paint::dim,
                                "tocsin explain --event " + shell_quoted(clean_text(last.id))) +
              "\n";
    }
  }

  void reasons() {
    const WhyNot why = why_not(of_, facts_);
    if (why.heading.empty()) return;
    blank();
    out_ += "  " + terminal_.painted(Paint::bold, wrapped(why.heading, 2, width() - 2)) + "\n";
    for (const auto& line : why.lines) out_ += "    " + wrapped(line, 6, width() - 6) + "\n";
    if (!why.instead.empty()) out_ += "  Did you mean  " + why.instead + " ?\n";
  }

  void told() {
    if (of_.told.empty()) return;
    blank();
    std::string_view label = "told";
    if (of_.told_before > 0) {
      put(label, grouped_plural(of_.told_before, "alert") + " before these");
      label = "";
    }
    std::size_t rung_width = 4;
    std::size_t when_width = 8;
    for (const auto& alert : of_.told) {
      rung_width = std::max(rung_width, columns_of(rung_words(alert.rung)));
      when_width = std::max(when_width, moment(alert.at, of_.now, of_.zone).size());
    }
    for (const auto& alert : of_.told) {
      std::string text = padded(rung_words(alert.rung), rung_width + 2) +
                         padded(moment(alert.at, of_.now, of_.zone), when_width + 3);
      if (!of_.is_one) text += group_value(alert.group) + "   ";
      put(label, text + tellings(alert) + heading(alert));
      label = "";
    }
  }

  // "   heading for $7,900 by a straight line"
  std::string heading(const ToldAlert& alert) const {
    if (!alert.forecast) return "";
    return "   heading for " + about_text(of_.metric, *alert.forecast, *alert.forecast) + " by " +
           (alert.forecast_weeks == 0
                ? "a straight line"
                : "the usual shape of " + grouped_plural(alert.forecast_weeks, "week"));
  }

  std::string tellings(const ToldAlert& alert) const {
    if (alert.tellings.empty() && !alert.silenced && !alert.acknowledged) return untold(alert);
    std::string text = alert.silenced ? silenced(*alert.silenced) : "";
    if (alert.acknowledged) {
      if (!text.empty()) text += "   ";
      text += "seen by " + shown(alert.acknowledged->by) + " " +
              moment(as_event_time(alert.acknowledged->when), of_.now, of_.zone);
    }
    for (const auto& telling : alert.tellings) {
      // What waits under a silence waits for its end, not for the channel.
      if (alert.silenced && telling.fate == ToldOn::Fate::waiting) continue;
      if (!text.empty()) text += "   ";
      text += shown(telling.channel) + " " + fate(alert, telling);
    }
    return text;
  }

  // "silenced by ada until Sun 22 Nov 00:00 (load test)"
  std::string silenced(const ToldAlert::Silenced& by) const {
    if (by.author.empty()) return "silenced (" + shown(by.id) + ")";
    const EventTime until = as_event_time(by.until);
    return "silenced by " + shown(by.author) + (until <= of_.now ? ", over since " : " until ") +
           moment(until, of_.now, of_.zone) +
           (by.comment.empty() ? "" : " (" + shown(by.comment) + ")");
  }

  std::string untold(const ToldAlert& alert) const {
    if (alert.stale) return "recorded: its window had long ended, the digest sums it up";
    if (alert.continues) return "recorded, not sent: the level stood in the slot before";
    const auto rung = std::find_if(of_.ladder.begin(), of_.ladder.end(),
                                   [&](const auto& each) { return each.rung == alert.rung; });
    const bool nobody = rung != of_.ladder.end() && rung->channels.empty();
    if (nobody) return "recorded, told to nobody: notify is []";
    return "recorded; no message of it is known any more";
  }

  std::string fate(const ToldAlert& alert, const ToldOn& telling) const {
    switch (telling.fate) {
      case ToldOn::Fate::waiting: return "\xE2\x80\xA6 waiting";
      case ToldOn::Fate::parked:
        if (telling.reason == kOutsideHours) return "not told: " + shown(telling.reason);
        return terminal_.painted(Paint::red, "\xE2\x9C\x97") + " parked: " + shown(telling.reason);
      case ToldOn::Fate::delivered: break;
    }
    std::string text = terminal_.painted(Paint::green, "\xE2\x9C\x93") + " ";
    const Millis took = as_event_time(telling.when) - alert.at;
    const bool at_once = took >= Millis{0} && took < Millis{120'000};
    text += at_once ? took_text(took) : moment(as_event_time(telling.when), of_.now, of_.zone);
    if (alert.old_news) text += ", in the digest at the end of catching up";
    if (telling.attempts > 1) text += fmt::format(", {} tries", telling.attempts);
    return text;
  }

  void trust() {
    blank();
    put("trust", recounted());
    const Trust& of = of_.trust;
    std::string counts = grouped_count(of.late) + " late, " + grouped_count(of.unpriced) +
                         " unpriced, " + grouped_count(of.quarantined) + " quarantined";
    const auto add = [&](std::uint64_t n, std::string_view what) {
      if (n > 0) counts += ", " + grouped_count(n) + " " + std::string(what);
    };
    add(of.duplicates, of.duplicates == 1 ? "duplicate dropped" : "duplicates dropped");
    add(of.other_cost, of.other_cost == 1 ? "of an id at another cost" : "of ids at another cost");
    add(of.too_old, "too old");
    add(of.overflow_groups, "of groups beyond max_groups or state.memory");
    add(of.ids_forgotten, "ids forgotten early");
    put("", "all rules, since the state began: " + counts);
    for (const auto& text : of.trouble) put("", "now: " + shown(text));
    for (const auto& [channel, why] : of.channels) {
      put("", terminal_.painted(Paint::red, "channel " + shown(channel)) + " " + shown(why));
    }
  }

  // The window's requests, read again, beside what the engine has counted.
  std::string recounted() const {
    const Trust& of = of_.trust;
    const bool spotless = of.late + of.unpriced + of.quarantined + of.too_old + of.overflow_groups +
                              of.ids_forgotten + of.other_cost ==
                          0;
    const bool whole = facts_.any() && facts_.covers(of_.level.window) && of_.is_one &&
                       of_.window_kind != WindowKind::rolling;
    if (!whole || !of_.counted || of_.metric != Metric::cost) {
      return spotless ? "complete: nothing was late, unpriced or set aside"
                      : "what follows may be of this rule:";
    }
    const RequestTally& tally = *facts_.tally;
    const Money again = tally.cost();
    std::string text = grouped_plural(tally.matched, "request") + " read again: ";
    if (again.pico() == of_.level.value) {
      text += "the same " + value_text(Metric::cost, again.pico()) + " to the picodollar";
    } else {
      text += "$" + again.text() + ", counted $" + Money::pico(of_.level.value).text() +
              "; requests that came too late, or twice over an hour apart, make such a difference";
    }
    if (tally.unpriced > 0) {
      text +=
          "; " + grouped_count(tally.unpriced) + " of them without a price, so not in the total";
    }
    if (tally.estimated > 0) {
      text += "; " + grouped_count(tally.estimated) +
              " of them estimated at another model's prices (unknown_model)";
    }
    return text;
  }

  void from() {
    if (!facts_.not_read.empty()) put("requests", "not looked at: " + facts_.not_read);
    if (!facts_.note.empty()) put("note", facts_.note);
    if (!facts_.scanned.trouble.empty()) {
      put("requests", "not all looked at: " + shown(facts_.scanned.trouble));
    }
    if (facts_.scanned.interrupted)
      put("requests", "the look at them was ended; above is what is known");
  }

  const Explanation& of_;
  const RequestFacts& facts_;
  const Terminal& terminal_;
  const Alert alert_;
  std::string out_;
  std::size_t what_width_ = 26;
};

}  // namespace

bool RequestFacts::covers(const Window& window) const {
  if (scanned.newest_missing || !scanned.trouble.empty() || scanned.interrupted) return false;
  return scanned.from_beginning || (scanned.earliest && *scanned.earliest < window.start);
}

std::string looked_at(const Scanned& scanned, const Explanation& of) {
  RequestFacts facts;
  facts.scanned = scanned;
  if (facts.covers(of.level.window) || !scanned.earliest) return "";
  const std::string since = moment(*scanned.earliest, of.now, of.zone);
  if (scanned.newest_missing) {
    return "of " + grouped_plural(scanned.records, "record") + " from " + since + " to " +
           moment(scanned.latest.value_or(*scanned.earliest), of.now, of.zone) +
           ", the newest unread: --scan 30s reads more";
  }
  return "of the last " + grouped_plural(scanned.records, "record") + ", since " + since;
}

std::string explanation_text(const Explanation& of, const RequestFacts& facts,
                             const Terminal& terminal) {
  return Page(of, facts, terminal).take();
}

}  // namespace tocsin
