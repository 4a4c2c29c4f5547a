// SPDX-License-Identifier: Apache-2.0
// Rows and keys of the state. Bytes that nobody wrote are refused or read as a row that is written
// the same from then on; values come back as they were; keys stand in the order of their values.
#include <string>
#include <tuple>
#include <vector>

#include "alert/alert_codec.h"
#include "bytes.h"
#include "fuzz_target.h"
#include "notify/notice.h"
#include "notify/outbox_keys.h"
#include "state/codec.h"
#include "state/keys.h"
#include "tocsin/group.h"

namespace tocsin::fuzz {
namespace {

// What `decode` takes from bytes is written, read and written again.
template <class Row, class Decode, class Encode>
void check_row(std::string_view bytes, Decode decode, Encode encode) {
  Row row;
  if (!decode(bytes, row)) return;
  const std::string written = encode(row);
  Row again;
  expect(decode(written, again), "what is written is read");
  expect_same(encode(again), written, "a row that was read");
}

template <class Row, class Decode, class Encode>
void check_result(std::string_view bytes, Decode decode, Encode encode) {
  const auto fill = [&](std::string_view from, Row& row) {
    auto read = decode(from);
    if (!read) {
      expect(!read.error().message.empty(), "a refusal has words");
      return false;
    }
    row = std::move(*read);
    return true;
  };
  check_row<Row>(bytes, fill, encode);
}

struct CountingSink final : JournalSink {
  void sum(std::uint32_t, std::int64_t, std::string_view group, const SumCell&) override {
    bytes += group.size();
  }
  PaneCell& panes(std::uint32_t, std::string_view group) override {
    bytes += group.size();
    return cell;
  }
  PaneCell cell;
  std::size_t bytes = 0;
};

void check_garbage(std::string_view bytes) {
  check_row<PartitionRow>(bytes, decode_partition, encode_partition);
  check_row<WindowRow>(bytes, decode_window, encode_window);
  check_row<StateRow>(bytes, decode_state, encode_state);
  check_row<Tick>(bytes, decode_tick, encode_tick);
  check_row<std::vector<PageCell>>(bytes, decode_page, [](const std::vector<PageCell>& cells) {
    // Groups point into the row that was read.
    return encode_page(cells);
  });
  check_result<Alert>(bytes, decode_alert, encode_alert);
  check_result<Notice>(bytes, decode_notice, encode_notice);
  check_result<Resolution>(bytes, decode_resolution, encode_resolution);
  static_cast<void>(decode_ids(bytes, [](const ClaimedId&) {}));
  CountingSink sink;
  static_cast<void>(read_journal(bytes, sink));
  expect(sink.bytes <= bytes.size(), "groups of a journal are in it");
  for (const std::size_t fields : {0U, 1U, 3U}) {
    if (const auto values = group_values(bytes, fields)) {
      expect(values->size() == fields, "a group has as many values as fields");
    }
  }
}

SumCell made_sum(Bytes& bytes) {
  SumCell cell;
  cell.total = bytes.amount();
  cell.requests = bytes.signed_number();
  cell.reached = bytes.number();
  return cell;
}

PaneCell made_panes(Bytes& bytes) {
  PaneCell cell;
  cell.judged_through = bytes.signed_number();
  cell.window_start = event_time_ms(bytes.signed_number());
  cell.window.amount = bytes.amount();
  cell.window.requests = bytes.signed_number();
  for (std::size_t n = bytes.below(4); n > 0; --n) {
    cell.slots.push_back({bytes.signed_number(), bytes.number()});
  }
  for (std::size_t n = bytes.below(4); n > 0; --n) {
    Episode episode;
    episode.bit = static_cast<unsigned>(bytes.below(64));
    episode.first_pane = bytes.signed_number();
    episode.told = bytes.flag();
    if (bytes.flag()) episode.below_since = bytes.signed_number();
    episode.highest = bytes.amount();
    cell.episodes.push_back(episode);
  }
  for (std::size_t n = bytes.below(6); n > 0; --n) {
    PaneSum sums;
    sums.pane = bytes.signed_number();
    sums.amount = bytes.amount();
    sums.requests = bytes.signed_number();
    cell.panes.set(sums);
  }
  return cell;
}

// What a journal brings when it is read.
struct Read final : JournalSink {
  void sum(std::uint32_t state, std::int64_t start, std::string_view of,
           const SumCell& value) override {
    sums.emplace_back(state, start, std::string(of), encode_sum(value));
  }
  PaneCell& panes(std::uint32_t, std::string_view of) override {
    group = of;
    return cell;
  }
  std::vector<std::tuple<std::uint32_t, std::int64_t, std::string, std::string>> sums;
  std::string group;
  PaneCell cell;
};

void check_journal(Bytes& bytes) {
  JournalWriter writer;
  const auto state = static_cast<std::uint32_t>(bytes.number());
  const std::int64_t start = bytes.signed_number();
  decltype(Read::sums) sums;
  const std::size_t count = bytes.below(5);
  writer.begin_sums(state, start, count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string group = bytes.text();
    const SumCell cell = made_sum(bytes);
    writer.sum(group, cell);
    sums.emplace_back(state, start, group, encode_sum(cell));
  }
  const std::string group = bytes.text();
  const PaneCell cell = made_panes(bytes);
  writer.begin_panes(state, 1);
  writer.panes(group, cell, cell.panes.all());
  Read read;
  const std::string row = writer.take();
  expect(read_journal(row, read), "a journal that was written is read");
  expect(read.sums == sums, "the sums of a journal");
  expect_same(read.group, group, "the group of a journal's panes");
  expect_same(encode_panes(read.cell), encode_panes(cell), "the panes of a journal");
}

void check_page(Bytes& bytes) {
  std::vector<std::string> groups;
  std::vector<PageCell> cells;
  const std::size_t count = bytes.below(9);
  for (std::size_t i = 0; i < count; ++i) groups.push_back(bytes.text());
  for (const std::string& group : groups) cells.push_back({group, made_sum(bytes)});
  const std::string page = encode_page(cells);
  std::vector<PageCell> read;
  expect(decode_page(page, read) && read.size() == cells.size(), "a page has its cells");
  for (std::size_t i = 0; i < count; ++i) {
    expect_same(read[i].group, cells[i].group, "a cell's group");
    expect_same(encode_sum(read[i].cell), encode_sum(cells[i].cell), "a cell of a page");
  }
}

void check_rows(Bytes& bytes) {
  StateRow row;
  row.id = static_cast<std::uint32_t>(bytes.number());
  row.rule = bytes.text();
  row.fingerprint = bytes.text();
  for (std::size_t n = bytes.below(4); n > 0; --n) row.group_by.push_back(bytes.text());
  row.metric = bytes.byte();
  for (std::size_t n = bytes.below(4); n > 0; --n) row.rungs.push_back(bytes.text());
  row.ladder = bytes.text();
  StateRow read;
  expect(decode_state(encode_state(row), read), "a state's row is read");
  expect(std::tie(read.id, read.rule, read.fingerprint, read.group_by, read.metric, read.rungs,
                  read.ladder) == std::tie(row.id, row.rule, row.fingerprint, row.group_by,
                                           row.metric, row.rungs, row.ladder),
         "a state's row is as it was");
  std::string group;
  std::vector<std::string> values;
  for (std::size_t n = bytes.below(4); n > 0; --n) {
    const std::string value = bytes.text();
    append_group_value(group, value);
    values.push_back(value.empty() ? std::string(kNone) : value);
  }
  expect(group_values(group, values.size()) == values, "a group's values are as they were");
}

void check_keys(Bytes& bytes) {
  struct Cell {
    std::uint32_t state;
    std::int64_t start;
    std::string group;
  };
  const auto made = [&] {
    return Cell{static_cast<std::uint32_t>(bytes.number()), bytes.signed_number(), bytes.text()};
  };
  const auto key_of = [](const Cell& cell) {
    return key::cell(key::kCell, cell.state, cell.start, cell.group);
  };
  const auto order_of = [](const Cell& cell) {
    return std::tie(cell.state, cell.start, cell.group);
  };
  const Cell a = made(), b = made();
  const std::string key = key_of(a);
  expect((key < key_of(b)) == (order_of(a) < order_of(b)), "cells' keys stand in order");
  expect(key::read_u32(std::string_view(key).substr(1)) == a.state, "a key has its state");
  expect(key::read_i64(std::string_view(key).substr(5)) == a.start, "a key has its start");
  expect_same(std::string_view(key).substr(key::kGroupAt), a.group, "a key has its group");
  const std::string window = key::window(key::kCell, a.state, a.start);
  expect(key.starts_with(window) && key < key::after(window), "a cell stands in its window");
  const std::uint64_t first = bytes.number(), second = bytes.number();
  const std::string channel = bytes.line(), other = bytes.line();
  expect((outbox_key(channel, first) < outbox_key(channel, second)) == (first < second),
         "a channel's rows stand in order");
  const std::string outbox = outbox_key(channel, first);
  const auto parsed = parse_channel_key(outbox);
  expect(parsed && parsed->channel == channel && parse_seq(parsed->rest) == first,
         "a channel's key is taken apart");
  const std::string sent = notification_key({channel, other}, "id");
  const auto parts = parse_channel_key(sent);
  expect(parts && parse_destination(parts->rest) == other, "a key has its destination");
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 8'192) return 0;
  fuzz::Bytes bytes(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0: fuzz::check_garbage(bytes.rest()); break;
    case 1: fuzz::check_journal(bytes); break;
    case 2: fuzz::check_page(bytes); break;
    case 3: fuzz::check_rows(bytes); break;
    default: fuzz::check_keys(bytes); break;
  }
  return 0;
}
