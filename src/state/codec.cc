// SPDX-License-Identifier: Apache-2.0
#include "state/codec.h"

#include <algorithm>
#include <array>

#include "hash/digest.h"
#include "state/keys.h"

namespace tocsin {
namespace {

constexpr std::uint8_t kJournalVersion = 1;
constexpr std::uint8_t kSums = 1;
constexpr std::uint8_t kPanes = 2;
constexpr std::uint8_t kNewGroups = 3;

void write_time(RowWriter& out, EventTime t) { out.signed_number(to_ms(t)); }
EventTime read_time(RowReader& in) { return event_time_ms(in.signed_number()); }

// In place of a pane judged through: what follows has more than sums.
constexpr std::int64_t kMoreThanSums = INT64_MAX;

bool has_more(const PaneCell& cell, std::span<const PaneSum> panes) {
  return cell.first_pane != INT64_MAX || cell.window.more.get() != nullptr ||
         std::any_of(panes.begin(), panes.end(),
                     [](const PaneSum& sums) { return sums.more.get() != nullptr; });
}

void write_more(RowWriter& out, const PaneSum& sums) {
  const PaneMore* const more = sums.more.get();
  out.byte(more == nullptr ? 0 : 1);
  if (more == nullptr) return;
  out.amount(more->cost);
  more->sketch.write(out);
}

void read_more(RowReader& in, PaneSum& sums) {
  if (in.byte() == 0) return;
  PaneMore& more = sums.more.make();
  more.cost = in.amount();
  more.sketch = Sketch::read(in);
}

void write_pane(RowWriter& out, const PaneSum& sums, bool with_more) {
  out.signed_number(sums.pane);
  out.amount(sums.amount);
  out.signed_number(sums.requests);
  if (with_more) write_more(out, sums);
}

PaneSum read_pane(RowReader& in, bool with_more) {
  PaneSum sums;
  sums.pane = in.signed_number();
  sums.amount = in.amount();
  sums.requests = in.signed_number();
  if (with_more) read_more(in, sums);
  return sums;
}

uint128 zigzag(int128 value) {
  return (static_cast<uint128>(value) << 1) ^ static_cast<uint128>(value >> 127);
}

char* put_number(char* at, uint128 value) {
  for (; value >> 64 != 0; value >>= 7) *at++ = static_cast<char>((value & 0x7f) | 0x80);
  auto low = static_cast<std::uint64_t>(value);
  for (; low >= 0x80; low >>= 7) *at++ = static_cast<char>((low & 0x7f) | 0x80);
  *at++ = static_cast<char>(low);
  return at;
}

}  // namespace

void write_sum(RowWriter& out, const SumCell& cell) {
  out.amount(cell.total);
  out.signed_number(cell.requests);
  out.number(cell.reached);
}

SumCell read_sum(RowReader& in) {
  SumCell cell;
  cell.total = in.amount();
  cell.requests = in.signed_number();
  cell.reached = in.number();
  return cell;
}

std::string encode_sum(const SumCell& cell) {
  std::string bytes;
  RowWriter out(bytes);
  write_sum(out, cell);
  return bytes;
}

void write_panes(RowWriter& out, const PaneCell& cell, std::span<const PaneSum> panes) {
  const bool with_more = has_more(cell, panes);
  if (with_more) {
    out.signed_number(kMoreThanSums);
    out.signed_number(cell.first_pane);
    write_more(out, cell.window);
  }
  out.signed_number(cell.judged_through);
  write_time(out, cell.window_start);
  out.amount(cell.window.amount);
  out.signed_number(cell.window.requests);
  out.number(cell.slots.size());
  for (const auto& slot : cell.slots) {
    out.signed_number(slot.slot);
    out.number(slot.reached);
  }
  out.number(cell.episodes.size());
  for (const auto& episode : cell.episodes) {
    out.number(episode.bit);
    out.signed_number(episode.first_pane);
    out.byte(static_cast<std::uint8_t>((episode.told ? 1 : 0) | (episode.below_since ? 2 : 0)));
    if (episode.below_since) out.signed_number(*episode.below_since);
    out.amount(episode.highest);
  }
  out.number(panes.size());
  for (const auto& sums : panes) write_pane(out, sums, with_more);
}

void read_panes(RowReader& in, PaneCell& cell) {
  cell.judged_through = in.signed_number();
  cell.window = {};
  const bool with_more = cell.judged_through == kMoreThanSums;
  if (with_more) {
    cell.first_pane = in.signed_number();
    read_more(in, cell.window);
    cell.judged_through = in.signed_number();
  }
  cell.window_start = read_time(in);
  cell.window.amount = in.amount();
  cell.window.requests = in.signed_number();
  cell.slots.clear();
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    PaneCell::Slot slot;
    slot.slot = in.signed_number();
    slot.reached = in.number();
    cell.slots.push_back(slot);
  }
  cell.episodes.clear();
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    Episode episode;
    episode.bit = static_cast<unsigned>(in.number());
    episode.first_pane = in.signed_number();
    const std::uint8_t flags = in.byte();
    episode.told = (flags & 1) != 0;
    if ((flags & 2) != 0) episode.below_since = in.signed_number();
    episode.highest = in.amount();
    cell.episodes.push_back(episode);
  }
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n)
    cell.panes.set(read_pane(in, with_more));
}

std::string encode_panes(const PaneCell& cell) {
  std::string bytes;
  RowWriter out(bytes);
  write_panes(out, cell, cell.panes.all());
  return bytes;
}

std::string encode_page(std::span<const PageCell> cells) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.number(cells.size());
  for (const auto& [group, cell] : cells) {
    out.text(group);
    write_sum(out, cell);
  }
  return bytes;
}

bool decode_page(std::string_view bytes, std::vector<PageCell>& cells) {
  RowReader in(bytes);
  if (in.byte() != 1) return false;
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    const std::string_view group = in.text();
    cells.push_back({group, read_sum(in)});
  }
  return in.ok() && in.done();
}

JournalWriter::JournalWriter() { bytes_.push_back(static_cast<char>(kJournalVersion)); }

void JournalWriter::begin_sums(std::uint32_t state, std::int64_t start, std::size_t cells) {
  RowWriter out(bytes_);
  out.byte(kSums);
  out.number(state);
  out.signed_number(start);
  out.number(cells);
}

// As text() and write_sum() write it, at once: there are thousands in a commit.
void JournalWriter::sum(std::string_view group, const SumCell& cell) {
  std::array<char, 48> number;
  char* end = put_number(number.data(), group.size());
  bytes_.append(number.data(), static_cast<std::size_t>(end - number.data()));
  bytes_.append(group);
  end = put_number(number.data(), zigzag(cell.total));
  end = put_number(end, static_cast<std::uint64_t>(zigzag(cell.requests)));
  end = put_number(end, cell.reached);
  bytes_.append(number.data(), static_cast<std::size_t>(end - number.data()));
}

void JournalWriter::begin_panes(std::uint32_t state, std::size_t cells) {
  RowWriter out(bytes_);
  out.byte(kPanes);
  out.number(state);
  out.number(cells);
}

void JournalWriter::begin_new_groups(std::uint32_t state, std::size_t groups) {
  RowWriter out(bytes_);
  out.byte(kNewGroups);
  out.number(state);
  out.number(groups);
}

void JournalWriter::new_group(std::string_view group) { RowWriter(bytes_).text(group); }

void JournalWriter::panes(std::string_view group, const PaneCell& cell,
                          std::span<const PaneSum> changed) {
  RowWriter out(bytes_);
  out.text(group);
  write_panes(out, cell, changed);
}

std::string JournalWriter::take() {
  std::string row = std::move(bytes_);
  bytes_.assign(1, static_cast<char>(kJournalVersion));
  bytes_.reserve(row.size());
  return row;
}

bool read_journal(std::string_view bytes, JournalSink& sink) {
  RowReader in(bytes);
  if (in.byte() != kJournalVersion) return false;
  while (in.ok() && !in.done()) {
    const std::uint8_t kind = in.byte();
    const auto state = static_cast<std::uint32_t>(in.number());
    if (kind == kSums) {
      const std::int64_t start = in.signed_number();
      for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
        const std::string_view group = in.text();
        const SumCell cell = read_sum(in);
        if (in.ok()) sink.sum(state, start, group, cell);
      }
    } else if (kind == kPanes) {
      for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
        const std::string_view group = in.text();
        if (in.ok()) read_panes(in, sink.panes(state, group));
      }
    } else if (kind == kNewGroups) {
      for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
        const std::string_view group = in.text();
        if (in.ok()) sink.panes(state, group) = {};
      }
    } else {
      return false;
    }
  }
  return in.ok();
}

std::string encode_ids(std::span<const std::span<const ClaimedId>> claims) {
  std::size_t ids = 0;
  for (const auto& some : claims) ids += some.size();
  std::string bytes;
  bytes.reserve(ids * 21 + 16);
  RowWriter out(bytes);
  out.byte(2);
  out.number(ids);
  std::int64_t last = 0;
  for (const auto& some : claims) {
    for (const auto& id : some) {
      out.fixed(id.print.high);
      out.fixed(id.print.low);
      out.fixed16(id.cost);
      out.number(id.partition);
      out.signed_number(id.second - last);
      last = id.second;
    }
  }
  return bytes;
}

bool decode_ids(std::string_view bytes, const std::function<void(const ClaimedId&)>& each) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  if (version != 1 && version != 2) return false;
  std::int64_t last = 0;
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    ClaimedId id;
    id.print.high = in.fixed();
    id.print.low = in.fixed();
    if (version == 2) id.cost = in.fixed16();
    id.partition = static_cast<std::uint32_t>(in.number());
    if (__builtin_add_overflow(last, in.signed_number(), &last)) return false;
    id.second = last;
    if (in.ok()) each(id);
  }
  return in.ok() && in.done();
}

std::int64_t stream_second(const PartitionRow& row) {
  const EventTime now = row.stream_time.now;
  return now == StreamTime::kUnset ? 0 : floor_div(to_ms(now), 1000);
}

std::int64_t least_second(const std::vector<PartitionRow>& partitions) {
  std::int64_t least = INT64_MAX;
  for (const auto& row : partitions) {
    if (!row.idle) least = std::min(least, stream_second(row));
  }
  return least;
}

std::string encode_partition(const PartitionRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.text(row.name.topic);
  out.signed_number(row.name.partition);
  out.signed_number(row.position.next_offset);
  out.signed_number(row.position.last_offset);
  out.fixed(row.position.last_record_hash);
  out.signed_number(row.first_offset);
  write_time(out, row.stream_time.now);
  write_time(out, row.stream_time.least);
  out.number(row.stream_time.run);
  out.byte(row.idle ? 1 : 0);
  return bytes;
}

bool decode_partition(std::string_view bytes, PartitionRow& row) {
  RowReader in(bytes);
  if (in.byte() != 1) return false;
  row.name.topic = in.text();
  row.name.partition = static_cast<std::int32_t>(in.signed_number());
  row.position.next_offset = in.signed_number();
  row.position.last_offset = in.signed_number();
  row.position.last_record_hash = in.fixed();
  row.first_offset = in.signed_number();
  row.stream_time.now = read_time(in);
  row.stream_time.least = read_time(in);
  row.stream_time.run = static_cast<std::uint32_t>(in.number());
  row.idle = in.byte() != 0;
  return in.ok() && in.done();
}

std::string encode_hour(const WeekShape::Hour& hour) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.amount(hour.amount);
  out.signed_number(hour.requests);
  return bytes;
}

bool decode_hour(std::string_view bytes, WeekShape::Hour& hour) {
  RowReader in(bytes);
  if (in.byte() != 1) return false;
  hour.amount = in.amount();
  hour.requests = in.signed_number();
  return in.ok() && in.done();
}

std::string encode_window(const WindowRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(2);
  write_time(out, row.end);
  out.number(row.groups);
  out.byte(row.paged ? 1 : 0);
  out.number(row.paged_through);
  return bytes;
}

bool decode_window(std::string_view bytes, WindowRow& row) {
  RowReader in(bytes);
  const auto version = in.byte();
  if (version != 1 && version != 2) return false;
  row.end = read_time(in);
  row.groups = in.number();
  row.paged = in.byte() != 0;
  row.paged_through = version == 1 ? 0 : in.number();
  return in.ok() && in.done();
}

std::string state_key(const std::string& rule, const std::string& fingerprint) {
  std::string key(1, key::kState);
  key += rule;
  key.push_back('\0');
  return key + hex(sha256(fingerprint), 8);
}

std::string encode_state(const StateRow& row) {
  std::string bytes;
  RowWriter out(bytes);
  const bool has_begun = row.began != StreamTime::kUnset;
  out.byte(has_begun ? 3 : 2);
  out.number(row.id);
  out.text(row.rule);
  out.text(row.fingerprint);
  out.number(row.group_by.size());
  for (const auto& field : row.group_by) out.text(field);
  out.byte(row.metric);
  out.number(row.rungs.size());
  for (const auto& rung : row.rungs) out.text(rung);
  out.text(row.ladder);
  write_time(out, row.left);
  if (has_begun) write_time(out, row.began);
  return bytes;
}

bool decode_state(std::string_view bytes, StateRow& row) {
  RowReader in(bytes);
  const std::uint8_t version = in.byte();
  if (version < 1 || version > 3) return false;
  row.id = static_cast<std::uint32_t>(in.number());
  row.rule = in.text();
  row.fingerprint = in.text();
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) row.group_by.emplace_back(in.text());
  row.metric = in.byte();
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) row.rungs.emplace_back(in.text());
  row.ladder = in.text();
  if (version >= 2) row.left = read_time(in);
  if (version == 3) row.began = read_time(in);
  return in.ok() && in.done();
}

std::string encode_tick(const Tick& tick) {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.number(tick.idle.size());
  for (const auto partition : tick.idle) out.number(partition);
  write_time(out, tick.clock);
  out.number(tick.at.size());
  for (const auto& [partition, offset] : tick.at) {
    out.number(partition);
    out.signed_number(offset);
  }
  return bytes;
}

bool decode_tick(std::string_view bytes, Tick& tick) {
  RowReader in(bytes);
  if (in.byte() != 1) return false;
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    tick.idle.push_back(static_cast<std::uint32_t>(in.number()));
  }
  tick.clock = read_time(in);
  for (std::uint64_t n = in.number(); n > 0 && in.ok(); --n) {
    const auto partition = static_cast<std::uint32_t>(in.number());
    tick.at.emplace_back(partition, in.signed_number());
  }
  return in.ok() && in.done();
}

}  // namespace tocsin
