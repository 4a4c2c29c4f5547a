// SPDX-License-Identifier: Apache-2.0
#include "notify/silences.h"

#include <algorithm>

#include "hash/digest.h"
#include "match/glob.h"
#include "notify/outbox_keys.h"
#include "tocsin/ascii.h"
#include "tocsin/row.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kSilenceVersion = 1;
// Those that are over stay known that long, for who asks why something was not told.
constexpr std::chrono::days kKept{400};
constexpr const char* kNotInFile = "the configuration";  // that a silence is in its file no more

bool is_like(std::string_view pattern, std::string_view value) {
  return Glob::is_glob(pattern) ? Glob(pattern).matches(value) : pattern == value;
}

bool is_like_any(const std::vector<std::pair<std::string, std::string>>& pairs,
                 std::string_view name, std::string_view pattern) {
  return std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
    return same_name(pair.first, name) && is_like(pattern, pair.second);
  });
}

std::string silence_key(std::string_view id) {
  return std::string(1, kSilencePrefix) + std::string(id);
}

// Of what is written in a file it is a function of what that says, so that a start or a reload
// finds it again.
std::string id_of(const Silence& silence) {
  std::string bytes;
  RowWriter out(bytes);
  out.text(silence.rule);
  for (const auto& [name, pattern] : silence.match) {
    out.text(name);
    out.text(pattern);
  }
  for (const WallTime t : {silence.from, silence.until}) {
    out.signed_number(t.time_since_epoch().count());
  }
  out.text(silence.author);
  out.text(silence.comment);
  if (!silence.by_file) out.signed_number(silence.made.time_since_epoch().count());
  return hex(sha256(bytes), 4);
}

}  // namespace

bool Silence::covers(const Alert& alert) const {
  if (!is_like(rule, alert.rule)) return false;
  return std::all_of(match.begin(), match.end(), [&](const auto& matcher) {
    const auto& [name, pattern] = matcher;
    if (same_name(name, "severity")) return is_like(pattern, tocsin::name(alert.severity));
    return is_like_any(alert.group, name, pattern) || is_like_any(alert.labels, name, pattern);
  });
}

std::string encode_silence(const Silence& silence) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(kSilenceVersion);
  out.text(silence.id);
  out.text(silence.rule);
  out.number(silence.match.size());
  for (const auto& [name, pattern] : silence.match) {
    out.text(name);
    out.text(pattern);
  }
  for (const WallTime t : {silence.from, silence.until, silence.made}) {
    out.signed_number(t.time_since_epoch().count());
  }
  out.text(silence.author);
  out.text(silence.comment);
  out.byte(silence.by_file ? 1 : 0);
  out.text(silence.ended_by);
  return bytes;
}

Result<Silence> decode_silence(std::string_view bytes) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  Silence silence;
  silence.id = in.text();
  silence.rule = in.text();
  for (auto left = in.number(); left > 0 && in.ok(); --left) {
    const std::string_view name = in.text();
    silence.match.emplace_back(name, in.text());
  }
  for (WallTime* t : {&silence.from, &silence.until, &silence.made}) {
    *t = WallTime{Millis{in.signed_number()}};
  }
  silence.author = in.text();
  silence.comment = in.text();
  silence.by_file = in.byte() == 1;
  silence.ended_by = in.text();
  if (version != kSilenceVersion || !in.ok() || !in.done()) {
    return reject("a silence in the state is damaged or of another version");
  }
  return silence;
}

Result<void> SilenceBook::load(WallTime now) {
  WriteBatch old;
  std::optional<Error> damaged;
  std::vector<Silence> found;
  const auto read = store_.scan(std::string(1, kSilencePrefix),
                                std::string(1, static_cast<char>(kSilencePrefix + 1)),
                                [&](std::string_view key, std::string_view value) {
                                  auto silence = decode_silence(value);
                                  if (!silence) {
                                    damaged = silence.error();
                                  } else if (silence->until + kKept < now) {
                                    old.erase(std::string(key));
                                  } else {
                                    found.push_back(std::move(*silence));
                                  }
                                  return !damaged;
                                });
  if (!read) return read;
  if (damaged) return stop(damaged->message);
  std::stable_sort(found.begin(), found.end(),
                   [](const Silence& a, const Silence& b) { return a.made < b.made; });
  const std::lock_guard lock(mutex_);
  silences_ = std::move(found);
  any_ = !silences_.empty();
  return old.empty() ? Result<void>{} : store_.write(old, Sync::no);
}

// Changed ones take the place of those of their ids; stored before they are in force.
Result<void> SilenceBook::write(const std::vector<Silence>& changed, Sync sync) {
  if (changed.empty()) return {};
  WriteBatch batch;
  for (const Silence& silence : changed) {
    batch.put(silence_key(silence.id), encode_silence(silence));
  }
  if (auto written = store_.write(batch, sync); !written) return written;
  const std::lock_guard lock(mutex_);
  for (const Silence& silence : changed) {
    const auto same = std::find_if(silences_.begin(), silences_.end(),
                                   [&](const Silence& known) { return known.id == silence.id; });
    if (same == silences_.end()) {
      silences_.push_back(silence);
    } else {
      *same = silence;
    }
  }
  any_ = true;
  return {};
}

Result<Silence> SilenceBook::add(Silence silence, WallTime now) {
  const std::lock_guard one(writing_);
  silence.made = now;
  if (silence.from == WallTime{}) silence.from = now;
  if (silence.until <= std::max(now, silence.from)) {
    return reject("a silence must end after it begins, and in the future");
  }
  silence.id = id_of(silence);
  if (auto written = write({silence}, Sync::yes); !written) {
    return tl::unexpected(written.error());
  }
  return silence;
}

Result<Silence> SilenceBook::end(std::string_view id, const std::string& by, WallTime now) {
  const std::lock_guard one(writing_);
  auto silence = find(id);
  if (!silence) return reject("there is no silence " + std::string(id));
  if (silence->until <= now) return reject("silence " + silence->id + " is over already");
  silence->until = now;
  silence->from = std::min(silence->from, now);
  silence->ended_by = by.empty() ? "somebody" : by;
  if (auto written = write({*silence}, Sync::yes); !written) {
    return tl::unexpected(written.error());
  }
  return *silence;
}

Result<void> SilenceBook::set_written(std::vector<Silence> written, WallTime now) {
  const std::lock_guard one(writing_);
  std::vector<Silence> changed;
  for (Silence& silence : written) {
    silence.by_file = true;
    silence.id = id_of(silence);
    const auto known = find(silence.id);
    silence.made = known ? known->made : now;
    // One that a person ended stays so; one that was taken out of its file and is back goes on.
    const bool stays = known && known->ended_by != kNotInFile;
    if (!stays && silence.until > now) changed.push_back(silence);
  }
  for (Silence& known : all()) {
    const bool is_written =
        std::any_of(written.begin(), written.end(),
                    [&](const Silence& silence) { return silence.id == known.id; });
    if (!known.by_file || is_written || known.until <= now) continue;
    known.until = now;
    known.from = std::min(known.from, now);
    known.ended_by = kNotInFile;
    changed.push_back(std::move(known));
  }
  return write(changed, Sync::yes);
}

std::string SilenceBook::covering(const Alert& alert, WallTime now) const {
  if (!any_.load(std::memory_order_relaxed)) return {};
  const std::lock_guard lock(mutex_);
  const Silence* longest = nullptr;
  for (const Silence& silence : silences_) {
    if (!silence.in_force(now) || !silence.covers(alert)) continue;
    if (longest == nullptr || silence.until > longest->until) longest = &silence;
  }
  return longest == nullptr ? std::string() : longest->id;
}

std::optional<Silence> SilenceBook::find(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  for (const Silence& silence : silences_) {
    if (silence.id == id) return silence;
  }
  return std::nullopt;
}

std::vector<Silence> SilenceBook::all() const {
  const std::lock_guard lock(mutex_);
  return {silences_.rbegin(), silences_.rend()};
}

}  // namespace tocsin
