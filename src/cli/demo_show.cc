// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_show.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>

#include "cli/demo_config.h"
#include "cli/interruption.h"
#include "demo/page.h"

namespace tocsin {
namespace {

constexpr std::array<std::string_view, 4> kRungs = {"50%", "80%", "95%", "100%"};
constexpr Money kFull = Money::usd(100);
constexpr Money kNearlyFull = Money::usd(96);
constexpr Money kLastRungBefore = Money::usd(95);
// The feed waits here if the kill is late.
constexpr Money kHold = Money::pico(int128{995} * power_of_ten(kPicoScale - 1));
constexpr std::uint64_t kRequestsOfADay = 12'000;  // a little more than there are

constexpr Millis kQuiet{120};      // before the kill: no message is on its way then
constexpr Millis kRepeatsIn{250};  // a message told again after the start would have come
constexpr Millis kBrokerWait{10'000};
constexpr int kPortsTried = 50;
constexpr std::size_t kLogLines = 12;

tl::unexpected<Error> interrupted() { return stop(""); }

std::string seconds_text(std::chrono::nanoseconds took) {
  const auto hundredths = (took.count() + 5'000'000) / 10'000'000;
  return fmt::format("{}.{:02} s", hundredths / 100, hundredths % 100);
}

std::string exact(Money money) { return "$" + decimal_text(money.pico(), kPicoScale, kPicoScale); }

std::string figures(std::string_view label, Money total, std::uint64_t requests,
                    std::int64_t offset) {
  return fmt::format("    {:<8} {}   {} requests   offset {}", label, exact(total),
                     grouped(requests), grouped(static_cast<std::uint64_t>(offset)));
}

// Warnings of the broker's, for --keep.
class FileLog final : public Log {
 public:
  explicit FileLog(const std::string& path) : file_(path, std::ios::app) {}
  void info(std::string_view text) override { file_ << text << std::endl; }
  void warn(std::string_view text) override { file_ << text << std::endl; }
  void error(std::string_view text) override { file_ << text << std::endl; }

 private:
  std::ofstream file_;
};

// A port nobody listens on now.
Result<int> free_port() {
  auto probe = LoopbackServer::start(0, 0, [](const auto&) { return LoopbackAnswer{}; });
  if (!probe) return tl::unexpected(probe.error());
  return (*probe)->port();
}

}  // namespace

DemoShow::DemoShow(const DemoOptions& options, DemoScreen& screen)
    : options_(options), screen_(screen), stand_ins_(clock_), traffic_(options.seed) {}

Result<void> DemoShow::play() {
  using Part = Result<void> (DemoShow::*)();
  constexpr Part kParts[] = {&DemoShow::set_up,          &DemoShow::start_engine,
                             &DemoShow::start_traffic,   &DemoShow::until_nearly_full,
                             &DemoShow::kill_and_return, &DemoShow::until_full,
                             &DemoShow::check_claims};
  for (const Part part : kParts) {
    if (Interruption::asked() != 0) return interrupted();
    if (auto played = (this->*part)(); !played) return played;
  }
  return {};
}

Result<void> DemoShow::set_up() {
  auto folder = demo::TemporaryFolder::create();
  if (!folder) return tl::unexpected(folder.error());
  folder_ = std::move(*folder);
  if (options_.keep) folder_->keep();
  auto server = LoopbackServer::start(options_.port, kPortsTried,
                                      [this](const auto& call) { return stand_ins_.answer(call); });
  if (!server) return tl::unexpected(server.error());
  server_ = std::move(*server);
  broker_log_ = std::make_unique<FileLog>(folder_->path() + "/broker.log");
  auto broker = EmbeddedBroker::start({std::string(kDemoTopic)}, *broker_log_);
  if (!broker) return tl::unexpected(broker.error());
  broker_ = std::move(*broker);
  screen_.print({{Paint::bold, "Demo:"},
                 {Paint::plain,
                  fmt::format(" a broker on {} (any Kafka client may write to `{}`), {} requests/s "
                              "of made-up",
                              broker_->address(), kDemoTopic, grouped(options_.rate))}});
  screen_.print({{Paint::plain,
                  "traffic at real prices, 4 rules from rules/demo.yaml, stand-ins for Slack and "
                  "mail. Ctrl-C ends it."}});
  screen_.print({});
  return write_files();
}

Result<void> DemoShow::write_files() {
  const auto port = free_port();
  if (!port) return tl::unexpected(port.error());
  api_port_ = *port;
  api_.emplace(api_port_);
  const auto wall = std::chrono::floor<std::chrono::seconds>(clock_.wall());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const std::string zone = demo_zone(wall, std::chrono::seconds{local.tm_gmtoff}, machine_zone());
  auto written = folder_->write("rules/demo.yaml", demo::demo_file("rules.yaml"));
  if (written) {
    written = folder_->write("tocsin.yaml",
                             demo_config({broker_->address(), server_->port(), api_port_, zone}));
  }
  if (!written) return written;
  configuration_ = load_configuration(folder_->path() + "/tocsin.yaml", Purpose::run);
  if (!configuration_) return stop("the demo's own configuration is refused; see above");
  ledger_.emplace(configuration_->loaded.rules, configuration_->prices);
  return {};
}

Result<void> DemoShow::start_engine() {
  auto engine = demo::EngineProcess::start({.program = "/proc/self/exe",
                                            .folder = folder_->path(),
                                            .log = folder_->path() + "/engine.log"});
  if (!engine) return tl::unexpected(engine.error());
  engine_ = std::move(*engine);
  give_up_ = now() + Millis{20'000};
  return turn_until([this] { return api_->ready(); }, "the engine was not ready");
}

Result<void> DemoShow::start_traffic() {
  auto producer = Producer::create({broker_->address(), std::string(kDemoTopic), {}}, kBrokerWait);
  if (!producer) return tl::unexpected(producer.error());
  producer_ = std::move(*producer);
  feed_.emplace(demo::TrafficFeed::Setup{traffic_, *ledger_, *producer_, clock_, options_.rate});
  // Three times as long as it takes where nothing holds it up.
  give_up_ = now() + Millis{20'000 + 3'000 * kRequestsOfADay / options_.rate};
  feed_->go([](const demo::Ledger& ledger) {
    return ledger.total(std::string(kProductionRule), {}) >= kHold;
  });
  return {};
}

Result<void> DemoShow::until_nearly_full() {
  return turn_until(
      [this] {
        return rung_told_ >= kLastRungBefore && sent().production >= kNearlyFull &&
               pending_.empty() && now() - last_delivery_ >= kQuiet;
      },
      "50, 80 and 95% did not all ring");
}

// While requests are on their way: what the engine had not stored yet must be found by its
// successor, and what it had must not be counted again.
Result<void> DemoShow::kill_and_return() {
  update_progress();
  screen_.figures();
  const pid_t pid = engine_->pid();
  const SteadyTime killed = now();
  engine_->kill();
  if (auto failed = feed_->pause()) return tl::unexpected(*failed);
  if (auto flushed = producer_->flush(kBrokerWait); !flushed) return flushed;
  const Sent before = sent();
  screen_.tell({});
  screen_.tell({{Paint::bold, fmt::format("  kill -9 {}", pid)},
                {Paint::dim, " ............................................. "},
                {Paint::bold, "now"}});
  screen_.tell({{Paint::plain, figures("sent", before.production, before.requests,
                                       static_cast<std::int64_t>(before.requests))}});
  holding_ = true;
  if (auto started = start_engine(); !started) return started;
  if (auto counted = wait_for_count(before.requests); !counted) return counted;
  const auto back = now() - killed;
  const SteadyTime quiet = now() + kRepeatsIn;
  give_up_ = now() + Millis{20'000};
  if (auto turned = turn_until([&] { return now() >= quiet; }, ""); !turned) return turned;
  const auto counts = api_->counts();
  if (!counts) return tl::unexpected(counts.error());
  const auto production = production_told();
  if (!production) return tl::unexpected(production.error());
  const std::string repeats = told_twice_ == 0 ? std::string("nothing told twice")
                                               : fmt::format("{} told twice", told_twice_);
  const std::string after = figures("after", *production, counts->requests, counts->next_offset);
  const std::string up = fmt::format("    up again in {}, {}", seconds_text(back), repeats);
  const bool wide = screen_.has_columns(columns_of(after) + columns_of(up));
  screen_.tell({{Paint::plain, wide ? after + up : after}});
  if (!wide) screen_.tell({{Paint::plain, up}});
  screen_.tell({});
  holding_ = false;
  for (DemoMessage& message : std::exchange(held_, {})) show(std::move(message));
  return compare(before, *counts, *production);
}

Result<void> DemoShow::until_full() {
  give_up_ = now() + Millis{20'000 + 3'000 * kRequestsOfADay / 10 / options_.rate};
  feed_->go([](const demo::Ledger& ledger) {
    return ledger.total(std::string(kProductionRule), {}) >= kFull;
  });
  return turn_until(
      [this] { return rung_told_ >= kFull && rung_mailed_ >= kFull && pending_.empty(); },
      "100% did not ring in Slack and by mail");
}

Result<void> DemoShow::check_claims() {
  if (auto failed = feed_->pause()) return tl::unexpected(*failed);
  if (auto flushed = producer_->flush(kBrokerWait); !flushed) return flushed;
  const Sent all = sent();
  if (auto counted = wait_for_count(all.requests); !counted) return counted;
  update_progress();
  const auto counts = api_->counts();
  if (!counts) return tl::unexpected(counts.error());
  const auto production = production_told();
  if (!production) return tl::unexpected(production.error());
  if (auto same = compare(all, *counts, *production); !same) return same;
  const auto alerts = api_->alerts(kAlertsAsked);
  if (!alerts) return tl::unexpected(alerts.error());
  for (const std::string_view rung : kRungs) {
    const auto rings = std::count_if(alerts->begin(), alerts->end(), [&](const auto& alert) {
      return alert.rule == kProductionRule && alert.rung == rung;
    });
    if (rings != 1) return stop(fmt::format("{} rang {} times, not once", rung, rings));
  }
  if (told_twice_ > 0) return stop(fmt::format("{} messages came twice", told_twice_));
  screen_.finish();
  return {};
}

Result<void> DemoShow::serve() {
  while (true) {
    if (auto turned = turn(); !turned) return turned;
  }
}

void DemoShow::close() {
  if (engine_) engine_->kill();
  if (feed_) feed_->pause();
  folder_.reset();
}

std::string DemoShow::page() const {
  const std::string taken =
      server_->port() == options_.port ? "" : fmt::format(" ({} is taken)", options_.port);
  return fmt::format("http://127.0.0.1:{}/demo{}", server_->port(), taken);
}

std::string DemoShow::log_tail() const {
  if (!folder_) return {};
  std::ifstream log(folder_->path() + "/engine.log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) {
    lines.push_back(line);
    if (lines.size() > kLogLines) lines.erase(lines.begin());
  }
  std::string tail;
  for (const std::string& line : lines) tail += "  " + line + "\n";
  return tail;
}

}  // namespace tocsin
