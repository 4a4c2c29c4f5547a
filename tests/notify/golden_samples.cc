// SPDX-License-Identifier: Apache-2.0
#include "notify/golden_samples.h"

#include "notify/samples.h"

namespace tocsin::samples {
namespace {

constexpr std::int64_t kMinute = 60'000;

Alert at_rung(const char* rung, const char* amount, const char* value, Severity severity) {
  Alert alert = production();
  alert.rung = rung;
  alert.amount = usd(amount);
  alert.value = usd(value);
  alert.severity = severity;
  return alert;
}

Alert half() {
  Alert alert = at_rung("50%", "50", "50.0031", Severity::info);
  alert.id = "1c40aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  alert.at = utc(2026, 11, 21, 8, 58, 11);
  alert.requests = 19'477;
  alert.next = Alert::Next{"80%", usd("80"), Severity::warning};
  return alert;
}

Alert almost() {
  Alert alert = at_rung("95%", "95", "95.0071", Severity::warning);
  alert.id = "7be1aaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  alert.at = utc(2026, 11, 21, 15, 8, 2);
  alert.requests = 37'046;
  alert.next = Alert::Next{"100%", usd("100"), Severity::critical};
  return alert;
}

Alert full() {
  Alert alert = at_rung("100%", "100", "100.0113", Severity::critical);
  alert.id = "a2090aaaaaaaaaaaaaaaaaaaaaaaaaaa";
  alert.at = utc(2026, 11, 21, 15, 49, 40);
  alert.requests = 38'990;
  alert.next.reset();
  return alert;
}

// All that a rule can add, and two rungs passed with the one told.
Alert with_everything() {
  Alert alert = full();
  alert.value = usd("112.4");
  alert.crossed = {"50%", "80%", "95%"};
  alert.description = "Finance caps production at $100 a day; ask Dana before raising it.";
  alert.runbook = "https://runbooks.company.example/llm-spend#production";
  alert.labels = {{"team", "platform"}, {"cost_centre", "4410"}};
  return alert;
}

Alert few_requests() {
  Alert alert = production();
  alert.requests = 1;
  return alert;
}

Alert of_nothing() {
  Alert alert = production();
  alert.rule = "sandbox-nothing";
  alert.summary = "Sandbox spend";
  alert.where = "Environment = sandbox";
  alert.rung = "100%";
  alert.budget = alert.amount = 0;
  alert.value = usd("0.0041");
  alert.severity = Severity::critical;
  alert.requests = 1;
  alert.next.reset();
  return alert;
}

Alert money_left() {
  Alert alert = user_over("Acme GmbH");
  alert.rule = "customer-contract";
  alert.group = {{"Customer", "Acme GmbH"}};
  alert.summary = "Customer";
  alert.where.clear();
  alert.origin = "rules/customers.yaml:2";
  alert.rung = "$250left";
  alert.budget = usd("6000");
  alert.amount = usd("5750");
  alert.value = usd("5751.2");
  alert.severity = Severity::warning;
  alert.requests = 812'004;
  alert.next = Alert::Next{"100%", usd("6000"), Severity::critical};
  return alert;
}

Alert spend_in_last_hour() {
  Alert alert = production();
  alert.rule = "unusual-hour";
  alert.summary = "unusual hour";
  alert.where.clear();
  alert.origin = "rules/production.yaml:21";
  alert.rung = "$10";
  alert.budget.reset();
  alert.amount = usd("10");
  alert.value = usd("10.42");
  alert.window_kind = WindowKind::rolling;
  alert.window_length = Millis{60 * kMinute};
  alert.window = {utc(2026, 11, 21, 12, 8), utc(2026, 11, 21, 13, 8)};
  alert.requests = 4'063;
  alert.next = Alert::Next{"$50", usd("50"), Severity::critical};
  return alert;
}

Alert budget_of_last_day() {
  Alert alert = spend_in_last_hour();
  alert.rule = "any-day";
  alert.summary = "All spend";
  alert.rung = "80%";
  alert.budget = usd("200");
  alert.amount = usd("160");
  alert.value = usd("161.73");
  alert.window_length = Millis{24 * 60 * kMinute};
  alert.window = {utc(2026, 11, 20, 13, 8), utc(2026, 11, 21, 13, 8)};
  alert.next = Alert::Next{"100%", usd("200"), Severity::critical};
  return alert;
}

Alert tokens_of_month() {
  Alert alert = user_over("summarize");
  alert.rule = "feature-tokens";
  alert.summary = "Tokens of feature";
  alert.group = {{"Feature", "summarize"}};
  alert.where.clear();
  alert.metric = Metric::tokens;
  alert.rung = "80%";
  alert.severity = Severity::warning;
  alert.budget = 50'000'000;
  alert.amount = 40'000'000;
  alert.value = 41'203'112;
  alert.requests = 30'118;
  alert.next = Alert::Next{"100%", 50'000'000, Severity::critical};
  return alert;
}

Alert requests_of_hour() {
  Alert alert = production();
  alert.rule = "requests-hourly";
  alert.summary = "Requests";
  alert.where.clear();
  alert.metric = Metric::requests;
  alert.window_kind = WindowKind::hour;
  alert.window = {utc(2026, 11, 21, 13), utc(2026, 11, 21, 14)};
  alert.at = utc(2026, 11, 21, 13, 52);
  alert.rung = "100%";
  alert.severity = Severity::critical;
  alert.budget = alert.amount = 20'000;
  alert.value = alert.requests = 20'014;
  alert.next.reset();
  return alert;
}

Alert in_window(WindowKind kind, Window window, EventTime at) {
  Alert alert = production();
  alert.window_kind = kind;
  alert.window = window;
  alert.at = at;
  return alert;
}

Alert lifetime() {
  Alert alert = in_window(WindowKind::lifetime, {utc(2026, 3, 1), kNever}, utc(2026, 11, 21, 13));
  alert.rule = "pilot";
  alert.summary = "Pilot project";
  alert.zone = "UTC";
  alert.where = "Project = pilot";
  alert.budget = usd("5000");
  alert.amount = usd("4000");
  alert.value = usd("4000.2");
  alert.next = Alert::Next{"100%", usd("5000"), Severity::critical};
  return alert;
}

Alert every_fortnight() {
  Alert alert =
      in_window(WindowKind::every, {utc(2026, 11, 9), utc(2026, 11, 23)}, utc(2026, 11, 21, 13));
  alert.zone = "UTC";
  alert.rule = "sprint";
  alert.summary = "Sprint spend";
  alert.window_length = Millis{14 * 24 * 60 * kMinute};
  return alert;
}

// The night of 25 October in Berlin: 02:00 to 03:00 comes twice.
Alert repeated_hour(int nth) {
  const EventTime start = utc(2026, 10, 25, nth - 1);
  Alert alert = in_window(WindowKind::hour, {start, start + Millis{60 * kMinute}},
                          start + Millis{40 * kMinute});
  alert.rule = "production-hourly";
  return alert;
}

Alert day_in(const char* zone, Window window, EventTime at) {
  Alert alert = in_window(WindowKind::day, window, at);
  alert.zone = zone;
  return alert;
}

Alert told_late() {
  Alert alert = production();
  alert.at = utc(2026, 11, 21, 22, 58);
  alert.late = true;
  return alert;
}

Notice caught_up(Notice notice) {
  notice.kind = Notice::Kind::catch_up;
  return notice;
}

Notice caught_up_with_old() {
  Notice notice = caught_up(digest_of(14));
  for (int month = 8; month <= 10; ++month) {
    Alert old = user_over("user-1");
    old.stale = true;
    old.window = {utc(2026, static_cast<unsigned>(month), 1),
                  utc(2026, static_cast<unsigned>(month) + 1, 1)};
    notice.alerts.push_back(old);
  }
  return notice;
}

Notice only_old() {
  Notice notice = caught_up(told(production()));
  notice.alerts.front().stale = true;
  notice.alerts.front().window = {utc(2026, 11, 19, 23), utc(2026, 11, 20, 23)};
  return notice;
}

Notice many_resolved() {
  Notice notice = resolved_notice();
  for (const char* model : {"gpt-4o-mini", "o3", "claude-sonnet-4"}) {
    notice.resolved.push_back(notice.resolved.front());
    notice.resolved.back().alert.group.back().second = model;
    notice.resolved.back().since -= Millis{7 * kMinute};
  }
  return notice;
}

Notice many_raised() {
  Notice notice = raised_notice();
  for (const char* user : {"user-1", "user-2"}) {
    Resolution raised = notice.resolved.front();
    raised.alert.rule = "free-tier-user";
    raised.alert.summary = "Free-tier user";
    raised.alert.group = {{"user", user}};
    notice.resolved.push_back(std::move(raised));
  }
  notice.resolved.erase(notice.resolved.begin());
  return notice;
}

Notice removed() {
  Notice notice = resolved_notice();
  notice.resolved.front().reason = Resolution::Reason::rule_removed;
  return notice;
}

Notice only_ends() {
  Notice notice = held_notice(Notice::Kind::held);
  notice.alerts.clear();
  return notice;
}

Notice resolved_sum() {
  Notice notice = resolved_notice();
  notice.composed_at = wall(utc(2026, 11, 22, 1, 12));
  Resolution& resolution = notice.resolved.front();
  resolution.alert = spend_in_last_hour();
  resolution.alert.value = usd("9.8412");
  resolution.highest = usd("13.07");
  resolution.since = utc(2026, 11, 21, 21, 40);
  resolution.until = utc(2026, 11, 22, 1, 12);
  return notice;
}

void add_budgets(std::vector<Sample>& all) {
  all.push_back({"budget-50", told(half(), Millis{2})});
  all.push_back({"budget-80", told(production(), Millis{3})});
  all.push_back({"budget-95", told(almost(), Millis{3})});
  all.push_back({"budget-100", told(full(), Millis{4})});
  all.push_back({"budget-with-everything", told(with_everything(), Millis{1'700})});
  all.push_back({"budget-one-request", told(few_requests())});
  all.push_back({"budget-of-nothing", told(of_nothing())});
  all.push_back({"budget-money-left", told(money_left())});
  all.push_back({"budget-told-late", told(told_late(), Millis{40 * kMinute})});
  all.push_back({"user-over", told(user_over())});
  all.push_back({"tokens-of-month", told(tokens_of_month())});
  all.push_back({"requests-of-hour", told(requests_of_hour())});
  all.push_back({"rolling-spend", told(spend_in_last_hour())});
  all.push_back({"rolling-budget", told(budget_of_last_day())});
}

void add_windows(std::vector<Sample>& all) {
  const EventTime at = utc(2026, 11, 21, 13, 7, 32);
  const auto add = [&](const char* name, const Alert& alert) {
    all.push_back({name, told(alert)});
  };
  add("window-lifetime", lifetime());
  add("window-every-14d", every_fortnight());
  add("window-week",
      in_window(WindowKind::week, {utc(2026, 11, 15, 23), utc(2026, 11, 22, 23)}, at));
  add("window-quarter",
      in_window(WindowKind::quarter, {utc(2026, 9, 30, 22), utc(2026, 12, 31, 23)}, at));
  add("window-year",
      in_window(WindowKind::year, {utc(2025, 12, 31, 23), utc(2026, 12, 31, 23)}, at));
  add("dst-first-hour", repeated_hour(1));
  add("dst-second-hour", repeated_hour(2));
  add("dst-day-of-25-hours", day_in("Europe/Berlin", {utc(2026, 10, 24, 22), utc(2026, 10, 25, 23)},
                                    utc(2026, 10, 25, 17)));
  add("dst-day-of-23-hours",
      day_in("Europe/Berlin", {utc(2026, 3, 28, 23), utc(2026, 3, 29, 22)}, utc(2026, 3, 29, 16)));
  add("dst-no-midnight",
      day_in("America/Santiago", {utc(2026, 9, 6, 4), utc(2026, 9, 7, 3)}, utc(2026, 9, 6, 20)));
  add("zone-kolkata",
      day_in("Asia/Kolkata", {utc(2026, 11, 20, 18, 30), utc(2026, 11, 21, 18, 30)}, at));
  add("zone-tokyo", day_in("Asia/Tokyo", {utc(2026, 11, 20, 15), utc(2026, 11, 21, 15)}, at));
  add("zone-los-angeles",
      day_in("America/Los_Angeles", {utc(2026, 11, 21, 8), utc(2026, 11, 22, 8)},
             utc(2026, 11, 22, 1, 30)));
}

void add_digests(std::vector<Sample>& all) {
  all.push_back({"digest-2345-users", digest_of(2'345)});
  all.push_back({"digest-two-users", digest_of(2)});
  all.push_back({"catch-up-users", caught_up_with_old()});
  all.push_back({"catch-up-one", caught_up(told(production()))});
  all.push_back({"catch-up-only-old", only_old()});
  Alert critical = error_rate();
  critical.rung = "20%";
  critical.amount = percent(20);
  critical.value = percent(23);
  critical.numerator = 970;
  critical.severity = Severity::critical;
  critical.next.reset();
  all.push_back({"error-rate", told(error_rate())});
  all.push_back({"error-rate-critical", told(critical)});
  all.push_back({"resolved-error-rate", resolved_notice()});
  all.push_back({"resolved-spend", resolved_sum()});
  all.push_back({"resolved-many", many_resolved()});
  all.push_back({"limit-raised", raised_notice()});
  all.push_back({"limit-raised-many", many_raised()});
  all.push_back({"rule-removed", removed()});
  all.push_back({"unsilenced", later(Notice::Kind::unsilenced, {production()})});
  all.push_back(
      {"unsilenced-users", later(Notice::Kind::unsilenced, {user_over(), user_over("user-7")})});
  all.push_back({"reminder", later(Notice::Kind::reminder, {production()})});
  all.push_back({"held", held_notice(Notice::Kind::held)});
  all.push_back({"held-ends", only_ends()});
  all.push_back({"capped", held_notice(Notice::Kind::capped)});
}

void add_unpriced(std::vector<Sample>& all) {
  const auto add = [&](const char* name, const UnpricedReport& report) {
    all.push_back({name, unpriced_notice(report)});
  };
  UnpricedReport report = unpriced_report();
  add("engine-unpriced", report);
  report.zone = "Asia/Tokyo";
  add("engine-unpriced-tokyo", report);
  UnpricedModel& model = report.models[0];
  model.estimated = 1'240;
  model.like = "gpt-4o-mini";
  model.estimate = dollars("1.005");
  add("engine-unpriced-like", report);
  report = unpriced_report();
  report.models[0].model = "openai/gpt-4o";
  report.models[0].partial = report.models[0].requests;
  report.models[0].lacking = {"input_smell"};
  report.models[0].likes.clear();
  add("engine-unpriced-unit", report);
  report = unpriced_report();
  UnpricedModel second = report.models[0];
  second.model = "acme/zeta-3";
  second.requests = 70;
  second.since = utc(2026, 11, 20, 23, 5);
  second.likes.clear();
  second.services.clear();
  second.budgets.pop_back();
  report.models.push_back(second);
  add("engine-unpriced-many", report);
  report = unpriced_report();
  report.unmetered = true;
  report.models[0].model = "openai/gpt-4o";
  report.models[0].service = "search";
  report.models[0].requests = 12;
  report.models[0].input_tokens = report.models[0].output_tokens = 0;
  report.models[0].likes.clear();
  report.models[0].services = {{"search", 12}};
  add("engine-unmetered", report);
}

// As src/pipeline and the notifier word them.
void add_engine(std::vector<Sample>& all) {
  const auto add = [&](const char* name, EngineMessage message) {
    all.push_back({name, engine_notice(std::move(message))});
  };
  add("engine-late",
      {"source",
       "1",
       "Tocsin is 14 min behind: budget alerts are late (Kafka partition 3: no leader)",
       {"Nothing is lost: Kafka keeps what is not yet counted. Totals and alerts are late until it "
        "answers.",
        "Tocsin retries by itself and goes on where it stopped."}});
  add("engine-lost",
      {"lost",
       "llm.requests[3] 881204",
       "Tocsin missed 18,204 requests of llm.requests[3]: today's totals are too low",
       {"Offsets 881204 to 899407 of llm.requests[3] were deleted before they were read: totals of "
        "the windows they belong to are too low.",
        "Raise the topic's retention.ms; if a copy exists, a file source holding only these "
        "records counts them."}});
  add("engine-quarantine",
      {"quarantine",
       "not_json",
       "Quarantine: unreadable records (not_json), first llm.requests[0] at offset 4711",
       {"Everything else is counted. Reason and position of each are in the quarantine file."}});
  add("engine-channel-broken",
      {"channel_broken",
       "alerts",
       "Tocsin cannot tell channel alerts anything: it answered 404 (no_service)",
       {"Not delivered: " + std::string("🟠 80% Production spend: $80.02 of $100 today"),
        "The message is parked, nothing is lost. Other channels are not affected. Repair the "
        "channel's address or its permission; the next message tries it again, every 5 minutes at "
        "most."}});
  add("engine-config-refused",
      {"reload",
       "5f1c2a90",
       "Configuration refused: rules/production.yaml:9:18: unknown severity \"warn\"",
       {"rules/production.yaml:9:18: unknown severity \"warn\": did you mean \"warning\"?",
        "Nothing is changed: the 9 rules of 09:12 stay in force."}});
  add("engine-max-groups", {"max_groups",
                            "groups",
                            "A rule has more groups than max_groups: new ones share (other)",
                            {"Their money is counted in (other), which rings no alert."}});
  const char* const until =
      " nothing as it is; all else goes on. A corrected rule counts as soon as its file is saved. "
      "This is told again only after it has matched, or was edited.";
  add("engine-unmatched",
      {"unmatched",
       "production-daily",
       "Rule production-daily matched none of 5,320 requests in 24 h",
       {"rules/production.yaml:4 asks for Environment = production: in 1,294 requests looked at, "
        "Environment was never \"production\"; it was \"staging\" (1,204), \"dev\" (90).",
        std::string("It watches") + until, "What requests had: tocsin explain production-daily"}});
  add("engine-unmatched-many",
      {"unmatched",
       "2 rules",
       "2 rules matched none of 5,320 requests in 24 h",
       {"production-daily: rules/production.yaml:4 asks for Environment = production.",
        "searches: rules/production.yaml:9 asks for Featur = search: in 1,294 requests looked at, "
        "no request had \"Featur\"; did you mean \"Feature\"?",
        std::string("They watch") + until, "What requests had: tocsin explain production-daily"}});
}

std::string of_256_arabic_bytes() {
  std::string name;
  while (name.size() < 256) name += "\xD9\x85";
  return name;
}

}  // namespace

std::vector<Sample> golden_samples() {
  std::vector<Sample> all;
  add_budgets(all);
  add_windows(all);
  add_digests(all);
  add_judged(all);
  add_driven(all);
  add_unpriced(all);
  add_engine(all);
  Alert arabic = user_over(of_256_arabic_bytes());
  all.push_back({"user-of-256-arabic-bytes", told(arabic)});
  Alert long_words = production();
  long_words.summary =
      "Everything that all teams of the whole company spend in production on models of any vendor";
  all.push_back({"summary-too-long", told(long_words)});
  return all;
}

std::vector<std::string> hostile_texts() {
  using namespace std::string_literals;
  return {
      "<!channel> <@U1> <https://evil.example|bank> *b* _i_ ~s~ `c` &lt;!here&gt;",
      "<script>window.hit=1</script><img src=x onerror=window.hit=1>\" onmouseover=\"window.hit=1"
      "\" '--></title></style></td></table><a href=javascript:window.hit=1>x</a>",
      "a\r\nBcc: all@evil.example\r\n\r\n<h1>b</h1>\0c\x1b[31md\x7f\xC2\x9B"
      "e\xE2\x80\xAE\xE2\x81\xA6right-to-left\xE2\x80\x8B\xEF\xBB\xBFzero\xFF\xC0\xAF end"s,
      of_256_arabic_bytes()};
}

std::vector<Notice> notices_full_of(const std::string& text) {
  const auto fill = [&](Alert& alert) {
    alert.rule = alert.summary = alert.where = alert.description = alert.origin = text;
    alert.runbook = text;
    alert.labels = {{text, text}};
    alert.crossed = {text};
    if (alert.group.empty()) alert.group = {{text, text}};
    for (auto& [field, value] : alert.group) {
      field = text;
      value += text;
    }
    if (alert.next) alert.next->rung = text;
    alert.drivers = {{DriverField::feature, false, text, driven_value(alert) / 2},
                     {DriverField::user, true, text, driven_value(alert) / 4}};
    alert.elsewhere = {{text, text, alert.value / 2, 20}};
  };
  std::vector<Notice> all = {told(production()),
                             told(error_rate()),
                             told(spend_in_last_hour()),
                             digest_of(3),
                             caught_up_with_old(),
                             only_old(),
                             resolved_notice(),
                             many_resolved(),
                             raised_notice(),
                             held_notice(Notice::Kind::held)};
  for (Notice& notice : all) {
    for (Alert& alert : notice.alerts) fill(alert);
    for (Resolution& resolution : notice.resolved) fill(resolution.alert);
  }
  all.push_back(engine_notice({text, text, text, {text, text}}));
  UnpricedReport report = unpriced_report();
  const auto fill_model = [&](UnpricedModel& model) {
    model.model = model.service = model.like = text;
    model.lacking = {text};
    model.services = {{text, 1'102}, {"x", 3}};
    for (auto& like : model.likes) like.model = text;
    for (auto& budget : model.budgets) budget.rule = budget.group = text;
  };
  fill_model(report.models[0]);
  report.models[0].estimated = 7;
  all.push_back(unpriced_notice(report));
  report.models.push_back(report.models[0]);
  all.push_back(unpriced_notice(report));
  report.unmetered = true;
  report.models.resize(1);
  all.push_back(unpriced_notice(report));
  return all;
}

std::vector<Sample> hostile_samples() {
  constexpr const char* kKinds[] = {
      "alert",         "error-rate", "rolling", "digest", "catch-up", "only-old",      "resolved",
      "resolved-many", "raised",     "held",    "engine", "unpriced", "unpriced-many", "unmetered"};
  const std::vector<std::string> texts = hostile_texts();
  std::vector<Sample> all;
  const auto notices = notices_full_of(texts[0] + texts[1] + texts[2]);
  for (std::size_t i = 0; i < notices.size(); ++i) {
    all.push_back({std::string("hostile-") + kKinds[i], notices[i]});
  }
  all.push_back({"hostile-arabic", notices_full_of(texts[3]).front()});
  return all;
}

}  // namespace tocsin::samples
