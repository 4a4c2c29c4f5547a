// SPDX-License-Identifier: Apache-2.0
#include "cli/reloader.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "cli/changes.h"
#include "cli/engine_parts.h"
#include "cli/plural.h"
#include "cli/real_files.h"
#include "document/source_text.h"
#include "hash/digest.h"
#include "rule/kept_text.h"

namespace tocsin {
namespace {

constexpr std::size_t kLinesMax = 20;
constexpr std::size_t kDetailsMax = 5;

std::string hour_minute(WallTime t) {
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", std::chrono::floor<std::chrono::seconds>(t));
}

// "rules/x.yaml:9:18", and with what is wrong there.
std::string place(const Diagnostic& d) {
  return d.line > 0 ? fmt::format("{}:{}:{}", d.file, d.line, d.column) : d.file;
}
std::string one_line(const Diagnostic& d) {
  return fmt::format("{}: {}{}", place(d), d.message, d.hint.empty() ? "" : " (" + d.hint + ")");
}

// Seen from tocsin.yaml: a message's first line has no room for long paths.
std::string short_place(const Diagnostic& d, const std::string& config_path) {
  Diagnostic beside = d;
  const std::string folder = config_path.substr(0, config_path.rfind('/') + 1);
  if (beside.file.starts_with(folder)) beside.file.erase(0, folder.size());
  return place(beside);
}

Diagnostics errors_of(const Loaded& found) {
  Diagnostics errors;
  for (const auto& d : found.diagnostics) {
    if (d.level == Diagnostic::Level::error) errors.push_back(d);
  }
  return errors;
}

std::string_view name(bool by_file, bool by_signal) {
  return by_file ? "a file changed" : by_signal ? "SIGHUP" : "asked by the API";
}

}  // namespace

std::optional<Kept> to_keep(const Configuration& configuration, WallTime now) {
  const Config& config = configuration.loaded.config;
  Kept kept;
  kept.config_path = config.path;
  kept.accepted = now;
  kept.files = configuration.good;
  kept.secrets_left_out = !config.literal_secrets.empty();
  std::string& text = kept.files.texts[config.path];
  Diagnostics none;
  const auto source = SourceText::read(config.path, text, none);
  auto without = source ? text_to_keep(source->text(), config.literal_secrets) : std::nullopt;
  if (!without) return std::nullopt;
  text = std::move(*without);
  return kept;
}

Reloader::Reloader(Setup setup, First first)
    : setup_(std::move(setup)),
      event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      seen_(std::move(first.files)) {
  status_.loaded = first.accepted;
  if (first.refused) refuse(Trigger::api, std::move(*first.refused));
  status_.refused = 0;
  tell_teams(setup_.in_force.get()->loaded);
}

Reloader::~Reloader() {
  finish();
  if (event_ >= 0) ::close(event_);
}

void Reloader::finish() {
  thread_.request_stop();
  ask();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(reloading_);
  over_ = true;
}

void Reloader::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Reloader::ask() noexcept {
  asked_ = true;
  const std::uint64_t one = 1;
  // A counter that is full wakes as well.
  [[maybe_unused]] const ssize_t written = ::write(event_, &one, sizeof one);
}

void Reloader::run(const std::stop_token& stop) {
  FileWatch watch(setup_.log);
  Settling settling;
  const auto look = [&] {
    const std::lock_guard lock(reloading_);
    if (watch.watch(seen_)) settling.happened(setup_.clock.monotonic());
  };
  look();
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> wait{pollfd{event_, POLLIN, 0}, pollfd{watch.descriptor(), POLLIN, 0}};
    const Millis most = settling.wait(setup_.clock.monotonic());
    ::poll(wait.data(), wait.size(), static_cast<int>(most.count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t read = ::read(event_, &count, sizeof count);
    if (stop.stop_requested()) return;
    if (watch.changed()) settling.happened(setup_.clock.monotonic());
    const bool asked = asked_.exchange(false);
    if (!asked && !settling.settled(setup_.clock.monotonic())) continue;
    settling.reset();
    {
      const std::lock_guard lock(reloading_);
      reload(asked ? Trigger::signal : Trigger::file);
    }
    look();
  }
}

ReloadOutcome Reloader::reload_now() {
  const std::unique_lock lock(reloading_, std::try_to_lock);
  ReloadOutcome outcome;
  outcome.result = !lock ? ReloadOutcome::Result::busy : ReloadOutcome::Result::stopping;
  return !lock || over_ ? outcome : reload(Trigger::api);
}

ReloadStatus Reloader::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

ReloadOutcome Reloader::reload(Trigger trigger) {
  // Only a signal comes from a manager that waits.
  if (trigger == Trigger::signal) setup_.manager.reloading(setup_.clock.monotonic());
  RealFiles files;
  const auto now = setup_.in_force.get();
  Reading reading = read_configuration({.config_path = setup_.config_path,
                                        .purpose = Purpose::run,
                                        .files = files,
                                        .environment = real_environment(),
                                        .running = &now->loaded.config,
                                        .last = &now->good});
  seen_ = reading.files;
  ReloadOutcome outcome;
  if (!reading.ok()) {
    outcome = refuse(trigger, std::move(reading.loaded));
  } else if (reading.files == now->files) {
    outcome = nothing_new(trigger);
  } else {
    outcome = apply(trigger, std::move(reading));
  }
  outcome.in_force = setup_.in_force.get();
  if (trigger == Trigger::signal) setup_.manager.ready(setup_.status_line());
  return outcome;
}

ReloadOutcome Reloader::nothing_new(Trigger trigger) {
  ReloadOutcome outcome;
  outcome.result = ReloadOutcome::Result::unchanged;
  if (trigger != Trigger::file) {
    setup_.log.info(
        fmt::format("reload ({}): nothing has changed", name(false, trigger == Trigger::signal)));
  }
  const std::lock_guard lock(mutex_);
  ++status_.unchanged;
  tell_mended();
  return outcome;
}

ReloadOutcome Reloader::apply(Trigger trigger, Reading reading) {
  const auto before = setup_.in_force.get();
  Loaded found;
  found.files = reading.loaded.files;
  const auto next = std::make_shared<const Configuration>(std::move(reading).configuration());
  const auto fail = [&](const Error& error) {
    found.diagnostics.push_back(file_error(setup_.config_path, error.message));
    return refuse(trigger, std::move(found));
  };
  auto reload = std::make_unique<Reload>();
  auto rules = setup_.state.prepare({.rules = next->loaded.rules,
                                     .keeps = next,
                                     .fallback = next->loaded.config.notify,
                                     .limits = state_limits(next->loaded.config),
                                     .rows = keep(*next),
                                     .tariff = tariff_of(next->loaded.config, next->prices),
                                     .backfills = true});
  if (!rules) return fail(rules.error());
  // Held until the end: what is left in it would hold up the state thread that freed it.
  const std::shared_ptr<PreparedRules> prepared = std::move(*rules);
  reload->rules = prepared;
  AggregatorSetup aggregator =
      aggregator_setup(next->loaded.config, next->loaded.rules, next->prices, setup_.state);
  aggregator.keeps = next;
  aggregator.watch = setup_.engine.watch();
  reload->unpriced = unpriced_words(next->loaded.config);
  for (std::size_t i = 0; i < setup_.engine.workers(); ++i) {
    reload->aggregators.push_back(std::make_unique<Aggregator>(aggregator));
  }
  // Shared, for a std::function is copied.
  const auto channels =
      std::make_shared<ChannelChange>(channel_change(before->loaded.config, next->loaded));
  reload->in_force = [this, next, channels] {
    setup_.notifier.exchange(std::move(*channels));
    setup_.in_force.set(next);
  };
  before_ = before;
  auto done = reload->done.get_future();
  setup_.engine.offer(std::move(reload));
  const auto pause = done.get();
  if (!pause && pause.error().reaction == Reaction::reject) return fail(pause.error());
  if (!pause) {  // the files are right: the engine ends, and says why
    ReloadOutcome outcome;
    outcome.result = ReloadOutcome::Result::stopping;
    return outcome;
  }

  if (setup_.set_secrets) setup_.set_secrets(next->loaded.config);
  ReloadOutcome outcome;
  outcome.result = ReloadOutcome::Result::applied;
  outcome.in_force = next;
  outcome.changes = changes(*before, *next);
  outcome.pause = *pause;
  tell_applied(trigger, outcome);
  if (setup_.applied) setup_.applied();
  drop_unkept();
  return outcome;
}

ChannelChange Reloader::channel_change(const Config& before, const Loaded& loaded) const {
  const Config& next = loaded.config;
  ChannelChange change;
  change.manners = channel_manners(next);
  change.repeats = repeats_of(loaded.rules);
  change.engine_channels = next.engine;
  change.fallbacks = fallbacks_of(next);
  change.gathering.group_interval = next.group_interval;
  change.channels = make_channels(next);
  for (const auto& channel : next.channels) {
    const bool same = std::any_of(before.channels.begin(), before.channels.end(),
                                  [&](const auto& old) { return same_channel(old, channel); });
    if (same) change.kept.push_back(channel.name);
  }
  std::erase_if(change.channels, [&](const auto& channel) {
    return std::find(change.kept.begin(), change.kept.end(), channel->name()) != change.kept.end();
  });
  return change;
}

// The texts go ahead of the commit that names them.
WriteBatch Reloader::keep(const Configuration& next) {
  WriteBatch rows;
  const auto kept = to_keep(next, setup_.clock.wall());
  if (!kept) {
    setup_.log.warn(next.loaded.config.path +
                    " is not kept for a start with broken files: a secret in it is written over "
                    "several lines; put it into a file");
    return rows;
  }
  // What fails here fails the engine's next commit too, which tells.
  if (setup_.store.write(kept_texts(*kept), Sync::no)) put_kept(rows, *kept);
  return rows;
}

void Reloader::drop_unkept() {
  const auto rows = unkept_texts(setup_.store);
  if (!rows || rows->empty()) return;
  [[maybe_unused]] const auto written = setup_.store.write(*rows, Sync::no);
}

void Reloader::tell_applied(Trigger trigger, const ReloadOutcome& outcome) {
  setup_.log.info(fmt::format("reloaded ({}): {}, {}; the stream waited {}.{} ms",
                              name(trigger == Trigger::file, trigger == Trigger::signal),
                              plural(written_rules(outcome.in_force->loaded.rules), "rule"),
                              plural(outcome.in_force->loaded.config.channels.size(), "channel"),
                              outcome.pause.count() / 1000, outcome.pause.count() / 100 % 10));
  for (std::size_t i = 0; i < outcome.changes.size(); ++i) {
    if (i == kLinesMax) {
      setup_.log.info(fmt::format("  and {} more", outcome.changes.size() - i));
      break;
    }
    setup_.log.info("  " + outcome.changes[i]);
  }
  for (const auto& d : outcome.in_force->loaded.diagnostics) {
    setup_.log.warn("  " + one_line(d));
  }
  const std::lock_guard lock(mutex_);
  ++status_.applied;
  status_.pause = outcome.pause;
  status_.loaded = setup_.clock.wall();
  tell_mended();
  tell_teams(outcome.in_force->loaded);
}

// Teams whose files are wrong, and those whose files are right again; each once, by its own
// channels.
void Reloader::tell_teams(const Loaded& loaded) {
  std::map<std::string, RefusedTeam> refused;
  for (const RefusedMount& mount : loaded.refused) {
    std::string all;
    for (const auto& d : mount.errors) all += one_line(d) + "\n";
    const auto now =
        refused.try_emplace(mount.team, RefusedTeam{hex(sha256(all), 8), mount.channels}).first;
    const auto before = refused_teams_.find(mount.team);
    if (before != refused_teams_.end() && before->second.print == now->second.print) continue;
    for (const auto& d : mount.errors) setup_.log.error(one_line(d));
    setup_.log.error("refused: the rules of team " + mount.team +
                     "; those that were right last are in force");
    EngineMessage message{
        .kind = "reload", .subject = now->second.print, .text = {}, .details = {}};
    const Diagnostic& first = mount.errors.front();
    message.text = "Rules of team " + mount.team +
                   " refused: " + short_place(first, setup_.config_path) + ": " + first.message;
    for (std::size_t i = 0; i < std::min(mount.errors.size(), kDetailsMax); ++i) {
      message.details.push_back(one_line(mount.errors[i]));
    }
    message.details.push_back("Your rules that were right last are in force, and those of others.");
    message.details.push_back("Mend the file: it is read again when it is saved.");
    message.channels = mount.channels;
    setup_.notifier.engine(std::move(message));
  }
  for (const auto& [team, before] : refused_teams_) {
    if (refused.contains(team)) continue;
    setup_.log.info("the rules of team " + team + " are right again");
    EngineMessage message{.kind = "reload_mended",
                          .subject = before.print,
                          .text = "The rules of team " + team + " are right again, and in force",
                          .details = {}};
    message.channels = before.channels;
    setup_.notifier.engine(std::move(message));
  }
  refused_teams_ = std::move(refused);
}

// Once; under mutex_.
void Reloader::tell_mended() {
  if (status_.refused_because.empty()) return;
  status_.refused_because.clear();
  setup_.log.info("the configuration is right again, and in force");
  setup_.notifier.engine(
      {"reload_mended", refused_print_, "The configuration is right again, and in force", {}});
  refused_print_.clear();
}

ReloadOutcome Reloader::refuse(Trigger trigger, Loaded found) {
  const Diagnostics errors = errors_of(found);
  std::string all;
  for (const auto& d : errors) all += one_line(d) + "\n";
  const std::string print = hex(sha256(all), 8);
  const bool told = print == refused_print_;
  {
    const std::lock_guard lock(mutex_);
    ++status_.refused;
    status_.refused_because =
        fmt::format("running on the rules of {}, for the files are refused: {}",
                    hour_minute(status_.loaded), one_line(errors.front()));
  }
  if (!told || trigger != Trigger::file) {
    for (const auto& d : errors) setup_.log.error(one_line(d));
    setup_.log.error(fmt::format("refused, nothing is changed; in force: {} accepted {}",
                                 plural(written_rules(setup_.in_force.get()->loaded.rules), "rule"),
                                 hour_minute(status().loaded)));
  }
  if (!told) {
    refused_print_ = print;
    tell_refused(found);
  }
  ReloadOutcome outcome;
  outcome.found = std::move(found);
  return outcome;
}

// Once for what is wrong, however often it is read.
void Reloader::tell_refused(const Loaded& found) {
  const Diagnostics errors = errors_of(found);
  EngineMessage message;
  message.kind = "reload";
  message.subject = refused_print_;
  message.text = "Configuration refused: " + short_place(errors.front(), setup_.config_path) +
                 ": " + errors.front().message;
  for (std::size_t i = 0; i < std::min(errors.size(), kDetailsMax); ++i) {
    message.details.push_back(one_line(errors[i]));
  }
  if (errors.size() > kDetailsMax) {
    message.details.push_back(fmt::format("and {} more", errors.size() - kDetailsMax));
  }
  message.details.push_back(
      fmt::format("Nothing is changed. In force: {} accepted {}; every request is counted.",
                  plural(written_rules(setup_.in_force.get()->loaded.rules), "rule"),
                  hour_minute(status().loaded)));
  message.details.push_back(
      "Mend the file: it is read again when it is saved. tocsin check shows "
      "the place.");
  setup_.notifier.engine(std::move(message));
}

}  // namespace tocsin
