// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "notify/amount_text.h"
#include "notify/message_parts.h"
#include "notify/plain_text.h"
#include "notify/unpriced_report.h"
#include "window/local_time.h"

namespace tocsin {
namespace {

using Born = Text::Born;

constexpr std::string_view kWhite = "\xE2\x9A\xAA";  // white circle
constexpr std::size_t kModelMin = 6, kServiceMax = 24, kNameMax = 16, kLikeMax = 24,
                      kLackingMax = 40, kServicesShown = 4, kBudgetsShown = 12;
constexpr std::size_t kModelsMax = 50;

std::string requests_text(std::uint64_t n) {
  return count_text(static_cast<std::int64_t>(n)) + (n == 1 ? " request" : " requests");
}

std::string money_text(Money amount) { return value_text(Metric::cost, amount.pico()); }

// What the report is about, summed over its models.
struct Sums {
  explicit Sums(const UnpricedReport& report) {
    for (const UnpricedModel& model : report.models) {
      requests += model.requests;
      partial += model.partial;
      estimated += model.estimated;
      uncounted += model.uncounted();
      since = std::min(since, model.since);
    }
  }
  std::uint64_t requests = 0, partial = 0, estimated = 0, uncounted = 0;
  EventTime since = EventTime::max();
};

std::string since_text(EventTime since, const UnpricedReport& report) {
  const LocalTime then = local_time(since, report.zone);
  const LocalTime now = local_time(as_event_time(report.at), report.zone);
  if (then.date() == now.date()) return clock_text(then);
  return short_date_text(then, then.year != now.year) + ", " + clock_text(then);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + shown(name);
  return text;
}

// A line in the parts that must stay, and the name between them, which may be cut.
struct Line {
  std::string head, name, tail;
};

std::string fate(const UnpricedReport& report, const Sums& sums) {
  const std::uint64_t told = sums.uncounted > 0 ? sums.uncounted : sums.requests;
  const std::string words = ": " + requests_text(told) + " since " + since_text(sums.since, report);
  const std::string are = told == 1 ? " is" : " are";
  if (report.unmetered) return words + (told == 1 ? " costs" : " cost") + " nothing";
  if (sums.uncounted > 0) return words + are + " in no budget";
  if (sums.partial == 0) {
    const bool one = report.models.size() == 1;
    return words + (one ? " counted as " + shown(report.models.front().like) : " estimated");
  }
  return words + " counted too low";
}

Line line_of(const UnpricedReport& report) {
  const Sums sums(report);
  const UnpricedModel& first = report.models.front();
  Line line;
  line.head = report.unmetered ? "No usage" : "No price";
  std::set<std::string> models;
  for (const UnpricedModel& model : report.models) models.insert(model.model);
  if (models.size() > 1) {
    line.head += " for ";
    line.name = count_text(std::ssize(models)) + " models";
  } else if (report.models.size() > 1) {
    line.head += " from " + count_text(std::ssize(report.models)) + " services for ";
    line.name = clean_text(first.model);
  } else if (report.unmetered) {
    line.head +=
        first.service.empty()
            ? " for "
            : " from " + isolated(cut_middle(clean_text(first.service), kNameMax)) + " for ";
    line.name = clean_text(first.model);
  } else {
    const bool whole = first.uncounted() + first.estimated > 0;
    if (!whole && !first.lacking.empty()) {
      line.head += " for " + cut_end(shown(first.lacking.front()), kNameMax) + " of ";
    } else {
      line.head += " for ";
    }
    line.name = clean_text(first.model);
  }
  line.tail = fate(report, sums);
  return line;
}

// With as much of the name as there is room for.
std::string within(const Line& line, std::size_t most) {
  const bool marked = isolated(line.name) != line.name;
  const std::size_t taken =
      characters(line.head) + characters(line.tail) + (marked ? kIsolationCharacters : 0);
  const std::size_t room = std::max(kModelMin, most > taken ? most - taken : 0);
  return cut_end(line.head + isolated(cut_middle(line.name, room)) + line.tail, most);
}

void add(Message& message, std::string label, std::string value, Born born = Born::ours) {
  message.fields.push_back({label, {value, born}});
  message.facts.push_back({std::move(label), {std::move(value), born}, ""});
}

// A name that is no markup anywhere and can be typed again.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-./:").find(c) != std::string_view::npos;
  });
}

// Stands where no line breaks.
std::string like_name(const std::string& model) {
  return isolated(cut_middle(clean_text(model), kLikeMax));
}

void add_like(Message& message, const std::string& words, const UnpricedModel::Like& like) {
  const bool plain = is_plain_name(like.model) && like.model.size() <= kLikeMax;
  add(message, words + " " + (plain ? like.model : like_name(like.model)), money_text(like.cost),
      plain ? Born::ours : Born::elsewhere);
}

std::string services_text(const UnpricedModel& model) {
  std::string text;
  std::size_t left = kServicesShown;
  for (const auto& [service, n] : model.services) {
    if (left-- == 0) {
      text += " and " +
              count_text(static_cast<std::int64_t>(model.services.size() - kServicesShown)) +
              " more";
      break;
    }
    text += (text.empty() ? "" : ", ") + isolated(cut_middle(clean_text(service), 40)) + " (" +
            count_text(static_cast<std::int64_t>(n)) + ")";
  }
  return text;
}

bool names_a_service(const UnpricedModel& model) {
  return model.services.size() > 1 ||
         (model.services.size() == 1 && model.services.front().first != "(none)");
}

void add_figures(Message& message, const UnpricedReport& report, const UnpricedModel& model) {
  if (!report.unmetered) {
    add(message, "Tokens",
        value_text(Metric::input_tokens, model.input_tokens) + " in, " +
            value_text(Metric::output_tokens, model.output_tokens) + " out");
  }
  if (model.estimated > 0) add_like(message, "Counted as", {model.like, model.estimate});
  for (const auto& like : model.likes) {
    if (model.estimated == 0 || like.model != model.like) add_like(message, "If like", like);
  }
  if (!report.unmetered && names_a_service(model)) {
    add(message, "From", services_text(model), Born::elsewhere);
  }
}

// "3.1M in, 900k out; if like gpt-4o-mini $1.00; if like gpt-4o $16.75."
std::string preheader_of(const Message& message, const UnpricedReport& report) {
  if (report.unmetered) return "They came with neither usage nor a cost.";
  std::string text;
  for (const auto& [label, value] : message.fields) {
    if (label == "From") continue;
    if (label != "Tokens") text += "; " + label + " ";
    text += value.text;
  }
  return text + ".";
}

// "openai/gpt-6-nano" as a price file has it, where it can be written so.
std::string entry_text(const UnpricedModel& model) {
  const std::size_t slash = model.model.find('/');
  const std::string provider = model.model.substr(0, slash);
  const std::string name = slash == std::string::npos ? "" : model.model.substr(slash + 1);
  if (provider == "unknown" || !is_plain_name(provider) || !is_plain_name(name)) return "";
  std::string like = model.like;
  if (like.empty() && !model.likes.empty()) like = model.likes.front().model;
  if (!is_plain_name(like)) like = "ANOTHER";
  return "  provider: " + provider + "\n  models:\n    - {model: " + name + ", like: " + like +
         "}     or its own prices";
}

void add_advice(Message& message, const UnpricedReport& report) {
  const UnpricedModel& first = report.models.front();
  if (report.unmetered) {
    message.paragraphs.push_back(
        {"They came with neither usage nor a cost, so they are counted as requests and cost "
         "nothing. A gateway that streams often leaves usage out: ask it to include it.",
         Born::ours});
    return;
  }
  const Sums sums(report);
  if (sums.partial > 0) {
    std::set<std::string> units;
    for (const auto& model : report.models)
      units.insert(model.lacking.begin(), model.lacking.end());
    message.paragraphs.push_back({"Without a price: " + joined({units.begin(), units.end()}) +
                                      ", of " + requests_text(sums.partial) +
                                      ". What else they have is counted.",
                                  Born::elsewhere});
  }
  if (sums.uncounted > 0 && sums.estimated > 0) {
    message.paragraphs.push_back(
        {requests_text(sums.estimated) + " more are estimated.", Born::ours});
  }
  if (sums.partial == sums.requests) {
    message.paragraphs.push_back(
        {"Nothing else is affected. Give the model all its prices in a price file named under "
         "prices, where it replaces the built-in one.",
         Born::ours});
  } else {
    const std::string entry = report.models.size() == 1 ? entry_text(first) : "";
    message.paragraphs.push_back(
        {"Nothing else is affected. Add " + std::string(report.models.size() == 1 ? "it" : "them") +
             " to a price file named under prices" + (entry.empty() ? "." : ":\n" + entry),
         Born::elsewhere});
  }
  message.paragraphs.push_back(
      {"Then: tocsin prices check. It counts as soon as the file is saved.", Born::ours});
}

std::string budget_text(const UnpricedModel::Budget& budget) {
  std::string text = shown(budget.rule);
  if (!budget.group.empty()) text += "/" + isolated(cut_middle(clean_text(budget.group), 40));
  if (budget.percent) text += " (" + std::to_string(*budget.percent) + "%)";
  return text;
}

// Each budget once, as often as models would be in it.
std::string budgets_text(const UnpricedReport& report) {
  std::vector<std::string> texts;
  std::set<std::string> seen;
  for (const UnpricedModel& model : report.models) {
    for (const auto& budget : model.budgets) {
      std::string text = budget_text(budget);
      if (seen.insert(text).second) texts.push_back(std::move(text));
    }
  }
  if (texts.empty()) return "";
  const std::size_t more = texts.size() > kBudgetsShown ? texts.size() - kBudgetsShown : 0;
  texts.resize(texts.size() - more);
  std::string text;
  for (const std::string& one : texts) text += (text.empty() ? "" : ", ") + one;
  if (more > 0) text += " and " + count_text(static_cast<std::int64_t>(more)) + " more";
  return text;
}

void add_budgets(Message& message, const UnpricedReport& report) {
  const std::string text = budgets_text(report);
  if (text.empty()) return;
  const bool outside = report.unmetered || Sums(report).uncounted > 0;
  const std::string words =
      outside ? "Budgets that would contain these: " : "Budgets that contain these: ";
  message.context.push_back({{words, Born::ours}, {text, Born::elsewhere}});
  message.footer.push_back({words + text + ". ", Born::elsewhere});
}

void add_rows(Message& message, const UnpricedReport& report) {
  message.list_heading = report.unmetered ? "Without usage" : "Without a price";
  message.groups = report.models.size();
  for (const UnpricedModel& model : report.models) {
    if (message.rows.size() == kModelsMax) return;
    Message::Row row;
    row.who = isolated(cut_middle(clean_text(model.model), 40));
    if (!model.service.empty()) {
      row.who += " from " + isolated(cut_middle(clean_text(model.service), kServiceMax));
    }
    row.value = requests_text(model.requests);
    if (model.estimated > 0) {
      row.note = "counted as " + like_name(model.like) + " " + money_text(model.estimate);
    } else if (!model.likes.empty()) {
      row.note = "if like " + like_name(model.likes.front().model) + " " +
                 money_text(model.likes.front().cost);
    } else if (!model.lacking.empty()) {
      row.note = "no price for " + cut_end(joined(model.lacking), kLackingMax);
    }
    message.rows.push_back(std::move(row));
  }
}

}  // namespace

std::string unpriced_text(const UnpricedReport& report) {
  const Line line = line_of(report);
  return line.head + isolated(line.name) + line.tail;
}

Message unpriced_message(const Notice& notice) {
  const UnpricedReport& report = *notice.engine->unpriced;
  constexpr std::size_t kSubjectMax = kFirstLineMax - std::string_view("[tocsin] ").size();
  const Line line = line_of(report);
  Message message;
  message.first_line = std::string(kWhite) + " " + within(line, kFirstLineMax - 2);
  message.subject = within(line, kSubjectMax);
  message.title = {unpriced_text(report), Born::elsewhere};
  message.opening = {message.title.text + ".", Born::elsewhere};
  if (report.models.size() == 1) {
    add_figures(message, report, report.models.front());
    message.preheader = preheader_of(message, report);
  } else {
    add_rows(message, report);
    message.preheader = message.rows.front().who + " " + message.rows.front().value + ", and " +
                        count_text(std::ssize(report.models) - 1) + " more.";
  }
  add_advice(message, report);
  add_budgets(message, report);
  const LocalTime at = local_time(as_event_time(report.at), report.zone);
  const std::string id = notice.id.substr(0, 8);
  const std::string zone = ", " + clock_text(at) + " " + report.zone;
  message.context.push_back({{"Tocsin itself" + std::string(kDot) + date_text(at) + zone +
                                  std::string(kDot) + "once a day" + std::string(kDot) + "id " + id,
                              Born::ours}});
  message.footer.push_back({"Told by Tocsin about itself once a day, " + date_text(at, true) +
                                zone + ". Message " + id + ".",
                            Born::ours});
  return message;
}

}  // namespace tocsin
