// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alert/alert_json.h"
#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/priced_by.h"
#include "cli/real_clock.h"
#include "document/json_writer.h"
#include "event/decoder.h"
#include "event/mapping.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

struct DecodeOptions {
  std::string file;
  std::string config;
  std::string format = "auto";
  std::string mapping;
  std::optional<std::string> key;
  std::vector<std::string> headers;  // NAME=VALUE
  bool json = false;
};

struct NamedText {
  std::string_view name, text;
};

// A record's key and headers as the options say.
class GivenEnvelope final : public RecordEnvelope {
 public:
  explicit GivenEnvelope(const DecodeOptions& options) : options_(options) {}

  std::optional<std::string_view> key(const Record& /*record*/) const override {
    return options_.key;
  }
  std::optional<std::string_view> header(const Record& /*record*/,
                                         const std::string& name) const override {
    std::optional<std::string_view> last;
    for (const std::string_view header : options_.headers) {
      const std::size_t equals = header.find('=');
      if (header.substr(0, equals) == name) last = header.substr(equals + 1);
    }
    return last;
  }

 private:
  const DecodeOptions& options_;
};

// In the order in which people look for them.
std::vector<NamedText> texts_of(const Event& event) {
  const NamedText all[] = {{"id", event.id},
                           {"producer", event.producer},
                           {"provider", event.provider},
                           {"model", event.model},
                           {"operation", event.operation},
                           {"service_tier", event.service_tier},
                           {"user", event.user},
                           {"service", event.service},
                           {"team", event.team},
                           {"key", event.key},
                           {"environment", event.environment},
                           {"agent", event.agent},
                           {"session", event.session},
                           {"session_name", event.session_name},
                           {"session_path", event.session_path},
                           {"input_hash", event.input_hash}};
  std::vector<NamedText> there;
  for (const NamedText& one : all) {
    if (!one.text.empty()) there.push_back(one);
  }
  return there;
}

std::vector<std::pair<std::string_view, std::int64_t>> counts_of(const Usage& usage) {
  std::vector<std::pair<std::string_view, std::int64_t>> counts;
  for (std::size_t i = 0; i < kUnits; ++i) {
    if (usage.counts[i] > 0) counts.emplace_back(kUnitNames[i], usage.counts[i]);
  }
  counts.insert(counts.end(), usage.others.begin(), usage.others.end());
  return counts;
}

// Shows what each record became.
class RecordShow final : Decoder::Sink {
 public:
  RecordShow(const PricedBy& by, const DecodeOptions& options)
      : by_(by), pricer_(by.list()), json_(options.json), envelope_(options) {}

  void record(std::string_view bytes, const RecordFormat& format) {
    Record record;
    record.value = bytes;
    record.envelope = &envelope_;
    decoder_.begin_batch();
    decoder_.decode(record, format, *this);
  }
  // What was not an event of its own; and how much there was in all.
  void sum_up() const;
  bool found_all() const { return bad_ == 0 && events_ > 0; }

 private:
  void event(const Event& event) override;
  void quarantined(const Quarantined& bad) override;
  void show(const Event& event, EventTime at) const;
  void show_json(const Event& event, EventTime at) const;
  std::string cost_words(const Event& event) const;
  static void line(std::string_view name, std::string_view text) {
    std::printf("  %-13s%s\n", std::string(name).c_str(), clean_text(text).c_str());
  }

  const PricedBy& by_;
  Pricer pricer_;
  Event filled_;
  bool json_;
  GivenEnvelope envelope_;
  RealClock clock_;
  Decoder decoder_;
  Cost cost_;
  std::uint64_t events_ = 0;
  std::uint64_t bad_ = 0;
};

void RecordShow::event(const Event& read) {
  ++events_;
  const Event& event = by_.fill(read, filled_);
  const EventTime at = event.time.value_or(as_event_time(clock_.wall()));
  pricer_.price(event, at, by_.choice(), cost_);
  if (json_) {
    show_json(event, at);
  } else {
    show(event, at);
  }
}

void RecordShow::quarantined(const Quarantined& bad) {
  ++bad_;
  const std::string_view format = name(decoder_.format());
  if (!json_) {
    std::printf("%llu. read as %s: set aside as %s\n  %s\n",
                static_cast<unsigned long long>(events_ + bad_), std::string(format).c_str(),
                std::string(name(bad.reason)).c_str(), clean_text(bad.detail).c_str());
    return;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().text("format", format);
  json.number("element", static_cast<std::int64_t>(bad.element));
  json.text("error", name(bad.reason)).text("detail", bad.detail).end_object();
  std::printf("%s\n", out.c_str());
}

std::string RecordShow::cost_words(const Event& event) const {
  std::string words;
  switch (cost_.basis) {
    case CostBasis::computed:
      words = fmt::format("${} computed, {}", cost_.amount.text(), cost_.price);
      if (!cost_.variant.empty()) words += fmt::format(", {}", cost_.variant);
      break;
    case CostBasis::estimated:
      words = fmt::format("${} estimated as {}", cost_.amount.text(), cost_.price);
      break;
    case CostBasis::reported:
      words = fmt::format("${} as its producer reported", cost_.amount.text());
      break;
    case CostBasis::cached:
      return fmt::format("$0, answered from the gateway's cache, saving ${}", cost_.saving.text());
    case CostBasis::unmetered: return "unknown: it came with neither usage nor cost";
    case CostBasis::unpriced:
      words = event.provider.empty() ? "no price: nobody says whose model it is"
                                     : "no price for the model";
      break;
  }
  for (std::size_t i = 0; i < cost_.unpriced.size(); ++i) {
    words += fmt::format("{}{}", i == 0 ? "; unpriced: " : ", ", cost_.unpriced[i]);
  }
  return words;
}

void RecordShow::show(const Event& event, EventTime at) const {
  std::printf("%llu. read as %s\n", static_cast<unsigned long long>(events_ + bad_),
              std::string(name(decoder_.format())).c_str());
  line("time", event.time ? rfc3339_text(at) : "the record's");
  for (const NamedText& text : texts_of(event)) line(text.name, text.text);
  if (event.status) line("status", std::to_string(*event.status));
  if (event.latency_ms) line("latency", fmt::format("{} ms", *event.latency_ms));
  if (event.byok) line("byok", "true");
  for (const std::string_view tag : event.tags) line("tag", tag);
  for (const Property& property : event.properties) {
    line("property", fmt::format("{} = {}", property.name, property.value));
  }
  for (const auto& [unit, count] : counts_of(event.usage)) {
    line("usage", fmt::format("{} {}", count, unit));
  }
  if (event.reported_cost) line("reported", "$" + event.reported_cost->text());
  line("cost", cost_words(event));
}

void RecordShow::show_json(const Event& event, EventTime at) const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().text("format", name(decoder_.format()));
  if (event.time) json.text("time", rfc3339_text(at));
  for (const NamedText& text : texts_of(event)) json.text(text.name, text.text);
  if (event.status) json.number("status", *event.status);
  if (event.latency_ms) json.number("latency_ms", *event.latency_ms);
  json.boolean("cached", event.cached).boolean("byok", event.byok);
  json.key("tags").begin_array();
  for (const std::string_view tag : event.tags) json.text(tag);
  json.end_array().key("properties").begin_object();
  for (const Property& property : event.properties) json.text(property.name, property.value);
  json.end_object().key("usage").begin_object();
  for (const auto& [unit, count] : counts_of(event.usage)) json.number(unit, count);
  json.end_object();
  if (event.reported_cost) json.text("reported_usd", event.reported_cost->text());
  json.text("cost_usd", cost_.amount.text()).text("cost_basis", name(cost_.basis));
  if (!cost_.price.empty()) json.text("price", cost_.price);
  if (!cost_.variant.empty()) json.text("variant", cost_.variant);
  if (cost_.basis == CostBasis::cached) json.text("saving_usd", cost_.saving.text());
  json.key("unpriced").begin_array();
  for (const std::string_view unit : cost_.unpriced) json.text(unit);
  json.end_array().end_object();
  std::printf("%s\n", out.c_str());
}

void RecordShow::sum_up() const {
  if (json_) return;
  const DecodeCounts& mended = decoder_.counts();
  std::string words = plural(events_, "event") + ", " + std::to_string(bad_) + " set aside.";
  if (mended.spans_passed > 0) {
    words += " " + std::to_string(mended.spans_passed) + " passed over: no request to a model.";
  }
  if (mended.counts_mended > 0) {
    words += " " + plural(mended.counts_mended, "count") + " cut: more than what holds it.";
  }
  if (mended.values_cut > 0) {
    words += " " + plural(mended.values_cut, "text") + " cut: over 256 bytes.";
  }
  if (mended.properties_dropped > 0) {
    words += " " + std::to_string(mended.properties_dropped) + " properties dropped.";
  }
  std::printf("%s\n", words.c_str());
}

// Nothing: it cannot be read.
std::optional<std::string> bytes_of(const std::string& file) {
  std::string bytes;
  if (file == "-") {
    bytes.assign(std::istreambuf_iterator<char>(std::cin), {});
    return bytes;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  bytes.assign(std::istreambuf_iterator<char>(in), {});
  return bytes;
}

// What is as small as a record may be is one, which may hold events one a line; more is lines.
void show_all(const std::string& bytes, const RecordFormat& format, RecordShow& show) {
  constexpr std::size_t kRecordMax = 1024 * 1024;
  if (bytes.size() <= kRecordMax) return show.record(bytes, format);
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) show.record(rest.substr(0, end), format);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// What the options name; nothing, and the exit code: wrong, and told.
std::optional<RecordFormat> format_of(const DecodeOptions& options, int& code) {
  if (!options.mapping.empty()) {
    code = kExitConfig;
    const auto bytes = bytes_of(options.mapping);
    if (!bytes) {
      std::fprintf(stderr, "tocsin: cannot read %s\n", options.mapping.c_str());
      return std::nullopt;
    }
    Diagnostics diagnostics;
    auto mapping = read_mapping(options.mapping, *bytes, diagnostics);
    print(diagnostics);
    if (!mapping) return std::nullopt;
    return RecordFormat(std::move(*mapping));
  }
  const auto format = format_named(options.format);
  if (format && *format != Format::mapping) return *format;
  code = kExitUsage;
  std::fprintf(stderr, "tocsin: there is no format %s: docs/events.md lists them\n",
               clean_text(options.format).c_str());
  return std::nullopt;
}

int decode(const DecodeOptions& options) {
  int code = kExitOk;
  const auto format = format_of(options, code);
  if (!format) return code;
  const auto priced_by = PricedBy::configuration(options.config);
  if (!priced_by) return kExitConfig;
  const auto bytes = bytes_of(options.file);
  if (!bytes) {
    std::fprintf(stderr, "tocsin: cannot read %s\n", options.file.c_str());
    return kExitFound;
  }
  RecordShow show(*priced_by, options);
  show_all(*bytes, *format, show);
  show.sum_up();
  return show.found_all() ? kExitOk : kExitFound;
}

}  // namespace

void add_decode(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<DecodeOptions>();
  CLI::App* command =
      app.add_subcommand("decode", "Show what a record becomes: its format, fields and cost");
  command
      ->add_option("file", options->file,
                   "a record as it lies on the topic, or lines; - is "
                   "standard input")
      ->required();
  command->add_option("--format", options->format, "as in tocsin.yaml, instead of finding it out");
  command->add_option("--mapping", options->mapping, "a mapping file, in place of --format");
  command->add_option("--key", options->key, "the record's key, which a mapping may name");
  command->add_option("--header", options->headers, "NAME=VALUE: a header of it; again for more")
      ->allow_extra_args(false)
      ->check([](const std::string& text) {
        return text.find('=') == std::string::npos ? "write NAME=VALUE" : "";
      });
  command->add_option("--config", options->config,
                      "tocsin.yaml, for prices and lookup tables of your own");
  command->add_flag("--json", options->json, "print a JSON object an event");
  command->callback([options, &slot] { slot.run = [options] { return decode(*options); }; });
}

}  // namespace tocsin
