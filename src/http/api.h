// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/ingest.h"

namespace tocsin {

// One number for Prometheus. Samples of one name are one family: same help, same type.
struct MetricSample {
  enum class Type { counter, gauge };

  std::string name;  // "tocsin_events_total"
  std::string help;  // one sentence
  Type type = Type::counter;
  std::vector<std::pair<std::string, std::string>> labels;  // values may be anything
  std::string value;  // decimal text, so that no digit of an exact amount is lost
};

// What the HTTP server serves. Each is called from any of its threads, several at once, and answers
// at once from what is at hand. All functions must be set.
struct Api {
  // Parameters by name, those of one name in the order in which the caller wrote them.
  using Query = std::multimap<std::string, std::string, std::less<>>;
  struct Health {
    bool ok = true;
    std::string text;  // for people
  };
  std::function<Health()> healthz;  // is the process alive? Else it should be started anew
  // Why it isn't ready to be relied on; empty: it is.
  std::function<std::vector<std::string>()> readyz;
  // What is worth knowing, though it is ready: that the files are refused.
  std::function<std::vector<std::string>()> remarks;
  std::function<std::vector<MetricSample>()> metrics;
  // JSON; at most `limit` alerts, newest first.
  std::function<std::string(std::size_t limit)> alerts_json;
  // JSON; at most `limit` budgets, fullest first.
  std::function<std::string(std::size_t limit)> budgets_json;
  // JSON; at most `limit` days of models without a price, newest first.
  std::function<std::string(std::size_t limit)> unpriced_json;
  // What the engine knows of one rule, by the parameters `rule` and `group`, or of all. JSON.
  struct Answer {
    int status = 200;
    std::string body;
  };
  std::function<Answer(const Query& query)> explain;
  // The one that changes something, and takes its time: reads the configuration anew.
  std::function<Answer()> reload;
  // How the last re-pricing goes, or went; `begin`: another one is to begin, by the parameters.
  std::function<Answer(const Query& query, bool begin)> reprice;
  // GET: all silences; POST: another one, by the parameters; DELETE: the end of that of `id`.
  std::function<Answer(std::string_view method, const Query& query)> silences;
  // POST: somebody has seen the alert of `id`.
  std::function<Answer(const Query& query)> acknowledge;
  // What became of messages, by the parameters; `resend`: one of them is to be sent again.
  std::function<Answer(const Query& query, bool resend)> notifications;
  // Where events that are sent go; nothing: none are taken.
  std::optional<Ingest> ingest{};
};

}  // namespace tocsin
