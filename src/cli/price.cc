// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/priced_by.h"
#include "cli/real_clock.h"
#include "document/json_writer.h"
#include "event/decoder.h"

namespace tocsin {
namespace {

struct PriceOptions {
  std::string config;
  bool json = false;
};

// Prices each event of each line as it comes.
class LinePricer final : Decoder::Sink {
 public:
  LinePricer(const PricedBy& by, bool json) : by_(by), pricer_(by.list()), json_(json) {}

  void line(const std::string& text) {
    ++line_;
    if (text.empty()) return;
    decoder_.begin_batch();
    decoder_.decode(text, Format::automatic, *this);
  }
  bool failed() const { return failed_; }

 private:
  void event(const Event& read) override {
    const Event& event = by_.fill(read, filled_);
    const EventTime at = event.time.value_or(as_event_time(clock_.wall()));
    pricer_.price(event, at, by_.choice(), cost_, &components_);
    if (json_) {
      print_json(event);
    } else {
      print_text(event);
    }
  }

  void quarantined(const Quarantined& bad) override {
    failed_ = true;
    if (!json_) {
      std::fprintf(stderr, "line %zu: %s\n", line_, bad.detail.c_str());
      return;
    }
    std::string out;
    JsonWriter json(out);
    json.begin_object().number("line", static_cast<std::int64_t>(line_));
    json.text("error", name(bad.reason)).text("detail", bad.detail).end_object();
    std::printf("%s\n", out.c_str());
  }

  void print_json(const Event& event) const {
    std::string out;
    JsonWriter json(out);
    json.begin_object().key("id");
    if (event.id.empty()) {
      json.null();
    } else {
      json.text(event.id);
    }
    json.key("cost_usd");
    if (priced()) {
      json.text(cost_.amount.text());
    } else {
      json.null();
    }
    json.text("basis", name(cost_.basis)).key("price");
    if (cost_.price.empty()) {
      json.null();
    } else {
      json.text(cost_.price);
    }
    if (!cost_.variant.empty()) json.text("variant", cost_.variant);
    if (cost_.basis == CostBasis::cached) json.text("saving_usd", cost_.saving.text());
    if (cost_.clamped) json.boolean("clamped", true);
    json.key("components").begin_object();
    for (const auto& part : components_) {
      json.key(part.unit).begin_object().number("count", part.count);
      json.text("rate", part.rate).text("per", part.per);
      json.text("cost_usd", part.cost.text()).end_object();
    }
    json.end_object().key("unpriced").begin_array();
    for (const auto unit : cost_.unpriced) json.text(unit);
    json.end_array().end_object();
    std::printf("%s\n", out.c_str());
  }

  void print_text(const Event& event) const {
    std::string how(cost_.price);
    if (!cost_.variant.empty()) how += ", " + std::string(cost_.variant);
    if (cost_.basis == CostBasis::estimated) how = "estimated as " + how;
    if (cost_.basis == CostBasis::cached) how = "cached, saving $" + cost_.saving.text();
    std::printf("%s  %s  %s\n", std::string(event.id).c_str(),
                priced() ? ("$" + cost_.amount.text()).c_str() : "unpriced", how.c_str());
    for (const auto& part : components_) {
      std::printf("  %-16s %12lld x $%s/%s = $%s\n", std::string(part.unit).c_str(),
                  static_cast<long long>(part.count), std::string(part.rate).c_str(),
                  std::string(part.per).c_str(), part.cost.text().c_str());
    }
    for (const auto unit : cost_.unpriced) {
      std::printf("  %-16s no price\n", std::string(unit).c_str());
    }
  }

  bool priced() const {
    return cost_.basis != CostBasis::unpriced && cost_.basis != CostBasis::unmetered;
  }

  const PricedBy& by_;
  Pricer pricer_;
  Event filled_;
  bool json_;
  RealClock clock_;
  Decoder decoder_;
  Cost cost_;
  std::vector<CostComponent> components_;
  std::size_t line_ = 0;
  bool failed_ = false;
};

int price(const PriceOptions& options) {
  const auto priced_by = PricedBy::configuration(options.config);
  if (!priced_by) return kExitConfig;
  LinePricer pricer(*priced_by, options.json);
  std::string line;
  while (std::getline(std::cin, line)) pricer.line(line);
  return pricer.failed() ? kExitFound : kExitOk;
}

}  // namespace

void add_price(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<PriceOptions>();
  CLI::App* command =
      app.add_subcommand("price", "Price the events on standard input, one JSON object a line");
  command->add_option("--config", options->config, "tocsin.yaml, for prices of your own");
  command->add_flag("--json", options->json, "print a JSON object an event");
  command->callback([options, &slot] { slot.run = [options] { return price(*options); }; });
}

}  // namespace tocsin
