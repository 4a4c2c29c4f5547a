// SPDX-License-Identifier: Apache-2.0
#include "cli/backfiller.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "alert/alert_json.h"
#include "cli/engine_parts.h"
#include "cli/plural.h"
#include "cli/reread.h"
#include "pipeline/backfill.h"

namespace tocsin {
namespace {

constexpr Millis kCopiesFor{3'600'000};  // how long ids are remembered
constexpr Millis kPauseBetween{1'000};
constexpr std::uint64_t kLivesAllowed = 5;
constexpr int kAttemptsAllowed = 20;

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == 5) return text + fmt::format(" and {} more", names.size() - i);
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return text;
}

}  // namespace

void Backfiller::work(const std::stop_token& stop) {
  int attempts = 0;
  while (!stop.stop_requested()) {
    auto start = step(nullptr, attempts == 0);
    if (!start || !*start) return;  // the engine ends, or all is done
    if ((*start)->order.lives > kLivesAllowed) {
      give_up(**start,
              {Reaction::reject,
               fmt::format("{} processes in a row ended while it was under way", kLivesAllowed)});
      continue;
    }
    const auto done = attempt(**start, stop);
    if (done && *done) {
      attempts = 0;
      tell_done(**done);
    } else if (!done && !stop.stop_requested()) {
      if (done.error().reaction == Reaction::stop) return;
      if (done.error().reaction == Reaction::reject || ++attempts == kAttemptsAllowed) {
        give_up(**start, done.error());
        attempts = 0;
      } else {
        setup_.log.warn("a backfill begins anew: " + done.error().message);
        std::this_thread::sleep_for(kPauseBetween);
      }
    }
  }
}

Result<std::optional<BackfillStart>> Backfiller::step(const BackfillChunk* chunk, bool counts) {
  auto step = std::make_unique<BackfillStep>();
  step->chunk = chunk;
  step->counts = counts;
  auto done = step->done.get_future();
  setup_.engine.offer(std::move(step));
  return done.get();
}

// Nothing: it was told to stop.
Result<std::optional<Backfiller::Done>> Backfiller::attempt(BackfillStart start,
                                                            const std::stop_token& stop) {
  const auto now = setup_.in_force.get();
  const Config& config = now->loaded.config;
  if (now->loaded.rules.size() != start.states.size()) {
    return retry("other rules are in force by now");
  }
  auto scratch = ScratchStore::make(config.state.path + "/backfill");
  if (!scratch) return tl::unexpected(scratch.error());
  AggregatorSetup stage = aggregator_setup(config, now->loaded.rules, now->prices, setup_.state);
  const auto until = start.order.until;
  Backfilling backfill({.start = std::move(start),
                        .stage = stage,
                        .scratch = (*scratch)->store(),
                        .ids = {.filter_bytes = state_limits(config).ids.filter_bytes / 2}});
  Done done;
  done.rules = backfill.names();
  done.wanted = backfill.since();
  if (!backfill.nothing_to_do()) {
    Reread reread({config, setup_.clock, setup_.log, setup_.engine.status().partitions, until,
                   done.wanted ? *done.wanted - kCopiesFor : EventTime{}});
    const Reread::Into into{
        [&](std::uint32_t partition, const std::string& source, const RecordFormat& format) {
          backfill.add_lane(partition, source, format);
        },
        [&](const Record& record, std::uint32_t partition) {
          return backfill.take(record, partition);
        }};
    if (auto opened = reread.open(into); !opened) return tl::unexpected(opened.error());
    for (bool more = true; more;) {
      if (stop.stop_requested()) return std::nullopt;
      const auto read = reread.read_some(into);
      if (!read) return tl::unexpected(read.error());
      more = *read;
    }
    done.records = reread.records();
    done.oldest = reread.oldest();
    done.from_the_beginning = reread.from_the_beginning();
  }
  if (auto finished = backfill.finish(); !finished) return tl::unexpected(finished.error());
  done.cells = backfill.cells();
  for (bool last = false; !last;) {
    if (stop.stop_requested()) return std::nullopt;
    const BackfillChunk chunk = backfill.next();
    last = chunk.last;
    if (auto filled = step(&chunk); !filled) return tl::unexpected(filled.error());
  }
  return done;
}

// Its rules count from when they came into force.
void Backfiller::give_up(const BackfillStart& start, const Error& error) {
  const BackfillChunk nothing{
      .states = start.order.states, .deltas = {}, .cursor = {}, .last = true};
  if (!step(&nothing)) return;
  const auto now = setup_.in_force.get();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < start.states.size() && i < now->loaded.rules.size(); ++i) {
    const bool of_it =
        std::binary_search(start.order.states.begin(), start.order.states.end(), start.states[i]);
    if (of_it && !now->loaded.rules[i].second_part) names.push_back(now->loaded.rules[i].name);
  }
  const std::string text = fmt::format("{} {} from now on, not from before: {}", listed(names),
                                       names.size() == 1 ? "counts" : "count", error.message);
  setup_.log.error("no backfill: " + text);
  if (setup_.tell) {
    setup_.tell({"backfill",
                 listed(names),
                 text,
                 {"Totals of windows that are open now are too low; from the next window on they "
                  "are right."}});
  }
}

void Backfiller::tell_done(const Done& done) {
  if (done.rules.empty()) return;
  setup_.log.info(fmt::format("{} {} what was read before: {} read, {} added to",
                              listed(done.rules), done.rules.size() == 1 ? "counts" : "count",
                              plural(done.records, "record"), plural(done.cells, "total")));
  const bool reaches = done.wanted && done.oldest && *done.oldest <= *done.wanted;
  if (done.from_the_beginning || reaches || !done.oldest) return;
  setup_.log.warn(
      fmt::format("{}: the source holds nothing from before {} any more, so totals of "
                  "windows that began before are too low",
                  listed(done.rules), rfc3339_text(*done.oldest)));
}

}  // namespace tocsin
