// SPDX-License-Identifier: Apache-2.0
#include "state/unpriced.h"

#include <catch2/catch.hpp>

#include "state/keys.h"
#include "state_fixture.h"

using namespace tocsin;

namespace {

constexpr std::int32_t kToday = 20'000;
using Kind = UnpricedKey::Kind;

UnpricedKey key_of(const std::string& model, std::int32_t day = kToday) {
  return {day, Kind::unpriced, model, {}};
}

UnpricedRow& row_of(UnpricedRows& rows, const std::string& model, std::int32_t day = kToday) {
  return rows.find_or_add(key_of(model, day))->second;
}

UnpricedRow full_row() {
  UnpricedRow row;
  row.requests = 9;
  row.partial = 4;
  row.estimated = 2;
  row.priced_later = 1;
  row.input_tokens = 3'000;
  row.output_tokens = 900;
  row.since = event_time_ms(kNoon);
  row.estimate = Money::pico(77);
  row.add_unit("input", 3'000);
  row.add_lacking("input_audio", 4);
  row.add_service("search", 8);
  row.add_group("daily", "", 9);
  row.add_group("users",
                std::string("\x04"
                            "ann",
                            4),
                9);
  row.add_like("gpt-4o-mini", {3, Money::pico(5)});
  row.told = true;
  return row;
}

// A state that is fed rows of what has no price.
struct Book : StateFixture {
  Book() : StateFixture({user_day_rule("daily", 100)}) {}

  void add(const UnpricedRows& rows, std::int64_t now_ms) {
    const Progress progress{
        partition, {++offset, offset - 1, 0}, 0, {.now = event_time_ms(now_ms)}};
    const Work work{{}, {}, std::span(&progress, 1), nullptr, &rows};
    take(state->commit({.work = std::span(&work, 1)}));
  }
  void add(const std::string& model, std::int32_t day, std::int64_t now_ms) {
    UnpricedRows rows;
    row_of(rows, model, day).requests = 1;
    add(rows, now_ms);
  }
};

}  // namespace

TEST_CASE("A row of what has no price is read as it was written") {
  const UnpricedKey key{kToday, Kind::unmetered, "openai/gpt-6-nano", "search"};
  const std::string bytes = encode_unpriced(key, full_row());
  UnpricedKey read_key;
  UnpricedRow row;
  REQUIRE(decode_unpriced(bytes, read_key, row));
  CHECK(read_key == key);
  CHECK(encode_unpriced(read_key, row) == bytes);
  CHECK(row.likes.find("gpt-4o-mini")->second.requests == 3);
  CHECK(row.told);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK_FALSE(decode_unpriced(std::string_view(bytes).substr(0, i), read_key, row));
  }
  CHECK_FALSE(decode_unpriced(bytes + "x", read_key, row));
}

TEST_CASE("Rows add up whichever comes first") {
  UnpricedRow a = full_row();
  UnpricedRow b;
  b.requests = 1;
  b.since = event_time_ms(kNoon - 5);
  b.add_service("", 1);
  b.add_group("daily", "", 1);
  UnpricedRow other = b;
  other.add(a);
  a.add(b);
  other.told = a.told;
  CHECK(encode_unpriced(key_of("m"), a) == encode_unpriced(key_of("m"), other));
  CHECK(a.requests == 10);
  CHECK(a.since == event_time_ms(kNoon - 5));
  CHECK(a.services.find("(none)")->second == 1);
  CHECK(a.open() == 9);
}

TEST_CASE("A rule of many groups is kept without them, with the requests of all") {
  UnpricedRow row;
  row.add_group("daily", "", 7);
  row.add_group("daily-2", "x", 7);
  for (int i = 0; i < 6; ++i) row.add_group("users", std::to_string(i), 2);
  CHECK(row.groups.size() == 3);
  CHECK(row.groups.find("users")->second == 12);
  UnpricedRow sum;
  sum.add_group("users", "0", 1);
  sum.add(row);
  CHECK(sum.groups.find("users")->second == 13);
  CHECK_FALSE(group_of("users").group);
  CHECK(group_of(row.groups.begin()->first).rule == "daily");
  CHECK(group_of(row.groups.begin()->first).group == "");
}

TEST_CASE("Made-up services, units and groups of rules take no more room than a bound") {
  UnpricedRow row;
  for (int i = 0; i < 1'000; ++i) {
    const std::string name = "name-" + std::to_string(i);
    row.add_service(name, 1);
    row.add_unit(name, 1);
    row.add_group(name, "", 1);
    row.add_group("big", std::string(5'000, 'g'), 1);
    row.add_like(name, {});
  }
  CHECK(row.services.find("(other)")->second == 1'000 - 16);
  CHECK(encode_unpriced(key_of("m"), row).size() < 3'000);
}

TEST_CASE("Made-up models share one row a day, and no day takes what the others have") {
  UnpricedRows rows;
  for (int i = 0; i < 1'000; ++i) ++row_of(rows, "acme/" + std::to_string(i)).requests;
  CHECK(rows.rows().size() == UnpricedRows::kModelsMax + 1);
  CHECK(rows.find(key_of("(other)"))->requests == 1'000 - UnpricedRows::kModelsMax);
  ++row_of(rows, "openai/gpt-6-nano", kToday + 1).requests;
  CHECK(rows.find(key_of("openai/gpt-6-nano", kToday + 1)) != nullptr);
  for (std::int32_t day = 0; day < 3'000; ++day) rows.find_or_add(key_of("acme/x", day));
  CHECK(rows.rows().size() == UnpricedRows::kRowsMax);
}

TEST_CASE("A new process knows what has no price, and who was told") {
  Book book;
  book.add("openai/gpt-6-nano", kToday, kNoon);
  book.add("openai/gpt-6-nano", kToday, kNoon + 1);
  book.add("acme/x", kToday, kNoon + 2);
  CHECK(book.state->unpriced().untold() == 2);
  book.state->unpriced().tell(key_of("acme/x"));
  book.state->unpriced().price_later(key_of("openai/gpt-6-nano"), 1);
  CHECK(book.state->has_work());
  book.settle();
  book.open();
  const auto& rows = book.state->unpriced().rows();
  REQUIRE(rows.size() == 2);
  CHECK(rows.at(key_of("openai/gpt-6-nano")).requests == 2);
  CHECK(rows.at(key_of("openai/gpt-6-nano")).open() == 1);
  CHECK(rows.at(key_of("acme/x")).told);
  CHECK(book.state->unpriced().untold() == 1);
}

TEST_CASE("A write that fails counts what has no price neither twice nor not at all") {
  for (const auto fault : {FaultyStore::Fault::not_applied, FaultyStore::Fault::applied}) {
    Book book;
    book.add("acme/x", kToday, kNoon);
    book.faulty.fail_write(1, fault);
    const std::int64_t before = book.offset;
    CHECK_THROWS(book.add("acme/x", kToday, kNoon + 1));
    book.faulty.repair();
    book.open();
    if (book.state->partitions()[0].position.next_offset <= before) {
      book.offset = before;
      book.add("acme/x", kToday, kNoon + 1);
    }
    CHECK(book.state->unpriced().rows().at(key_of("acme/x")).requests == 2);
  }
}

TEST_CASE("Rows of days gone by leave the state, and events of such days make none") {
  Book book;
  book.add("acme/old", kToday, kNoon);
  CHECK(book.rows(key::kUnpriced) == 1);
  const std::int64_t later = kNoon + 9 * kDay;
  for (int i = 0; i < 1'100; ++i) book.add("acme/x", kToday + 9, later);
  CHECK(book.rows(key::kUnpriced) == 1);
  CHECK(book.state->unpriced().rows().begin()->first.model == "acme/x");
  CHECK(book.state->unpriced().untold() == 1);
  book.add("acme/old", kToday, later);
  CHECK(book.state->unpriced().rows().size() == 1);
  book.add("acme/week-ago", kToday + 1, later);
  CHECK(book.state->unpriced().rows().size() == 2);
}

TEST_CASE("A row of days gone by lacks what came late and is left by prices that come and go") {
  Book book;
  book.tariff = make_tariff("list", "computed");
  book.exchange(book.rules);
  book.add("acme/x", kToday, kNoon);
  const auto turn = [&](UnpricedRows PriceTurns::*which) {
    PriceTurns turns;
    row_of(turns.*which, "acme/x").requests = 1;
    const auto start = *book.state->begin_repricing({}, false);
    Corrections corrections{.version = start.version, .deltas = {}, .turns = &turns, .row = {}};
    book.take(book.state->correct(corrections, {}));
    return book.state->unpriced().rows().at(key_of("acme/x")).open();
  };
  CHECK(turn(&PriceTurns::came) == 0);
  CHECK(turn(&PriceTurns::again) == 1);
  book.add({}, kNoon + 9 * kDay);
  book.add("acme/x", kToday, kNoon + 9 * kDay);
  CHECK(turn(&PriceTurns::came) == 1);
}
