// SPDX-License-Identifier: Apache-2.0
#include "notify/outbox.h"

#include <catch2/catch.hpp>

#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "state/memory_store.h"
#include "tocsin/row.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

struct Found {
  std::vector<std::pair<std::string, std::uint64_t>> alerts;
  std::vector<std::pair<std::string, std::string>> notices;
  std::vector<std::string> unreadable;
};

Found read(const Store& store) {
  Found found;
  OutboxReader reader;
  reader.alert = [&](std::string_view channel, std::uint64_t seq, const Alert&) {
    found.alerts.emplace_back(channel, seq);
  };
  reader.notice = [&](const Address& to, const Notice& notice) {
    found.notices.emplace_back(to.channel + to.destination, notice.id);
  };
  reader.unreadable = [&](const Unreadable& row) { found.unreadable.push_back(row.reason); };
  REQUIRE(read_outbox(store, reader));
  return found;
}

void write(Store& store, const WriteBatch& batch) { REQUIRE(store.write(batch, Sync::yes)); }

Delivery delivery(const Notice& notice) {
  Delivery delivery;
  delivery.id = notice.id;
  delivery.to = {"alerts", ""};
  delivery.when = notice.composed_at + Millis{5};
  delivery.attempts = 3;
  delivery.alert_ids = {"a", "b"};
  return delivery;
}

}  // namespace

TEST_CASE("Rows of the outbox are found by channel, in the order of their numbers") {
  MemoryStore store;
  WriteBatch commit;
  put_outbox_row(commit, "b", 256, production());
  put_outbox_row(commit, "b", 2, production());
  put_outbox_row(commit, "a", 300, production());
  put_outbox_row(commit, "a-b", 1, production());
  write(store, commit);
  const Found found = read(store);
  const std::vector<std::pair<std::string, std::uint64_t>> expected = {
      {"a", 300}, {"a-b", 1}, {"b", 2}, {"b", 256}};
  CHECK(found.alerts == expected);
}

TEST_CASE("A composed message takes the place of its alerts, a mark that of the message") {
  MemoryStore store;
  const Notice notice = told(production());
  WriteBatch commit;
  put_outbox_row(commit, "alerts", 1, production());
  put_outbox_row(commit, "alerts", 2, production());
  write(store, commit);

  WriteBatch composed;
  put_composed(composed, {"alerts", {""}}, notice, {1});
  write(store, composed);
  CHECK(read(store).alerts == std::vector<std::pair<std::string, std::uint64_t>>{{"alerts", 2}});
  CHECK(read(store).notices.size() == 1);

  WriteBatch sent;
  Delivery mark = delivery(notice);
  mark.delivered = true;
  put_delivered(sent, notice, mark);
  write(store, sent);
  CHECK(read(store).notices.empty());
  const auto row = store.get(delivery_key(notice.composed_at, notice.id, {"alerts", ""}));
  REQUIRE((row && *row));
  const auto back = decode_delivery(**row);
  REQUIRE(back);
  CHECK(back->id == notice.id);
  CHECK(back->delivered);
  CHECK(back->attempts == 3);
  CHECK(back->when == mark.when);
  CHECK(back->alert_ids == mark.alert_ids);
}

TEST_CASE("A parked message is kept whole, with the reason") {
  MemoryStore store;
  const Notice notice = told(production());
  Delivery mark = delivery(notice);
  mark.reason = "answered 404 (no_service)";
  WriteBatch batch;
  put_composed(batch, {"alerts", {""}}, notice, {});
  put_parked(batch, notice, mark);
  write(store, batch);
  CHECK(read(store).notices.empty());
  const auto row = store.get(parked_key({"alerts", ""}, notice.id));
  REQUIRE((row && *row));
  const auto parked = decode_parked(**row);
  REQUIRE(parked);
  CHECK(parked->reason == mark.reason);
  CHECK(parked->notice == encode_notice(notice));
}

TEST_CASE("Each destination has its own row, mark and parked message") {
  MemoryStore store;
  const Notice notice = told(production());
  WriteBatch batch;
  put_outbox_row(batch, "mail", 1, production());
  write(store, batch);
  WriteBatch composed;
  put_composed(composed, {"mail", {"a@x.example", "b@x.example"}}, notice, {1});
  write(store, composed);
  const std::vector<std::pair<std::string, std::string>> both = {{"maila@x.example", notice.id},
                                                                 {"mailb@x.example", notice.id}};
  CHECK(read(store).notices == both);

  WriteBatch answers;
  Delivery taken = delivery(notice), refused = delivery(notice);
  taken.to = {"mail", "a@x.example"};
  refused.to = {"mail", "b@x.example"};
  refused.reason = "answered 550";
  put_delivered(answers, notice, taken);
  put_parked(answers, notice, refused);
  write(store, answers);
  CHECK(read(store).notices.empty());
  const auto mark = store.get(delivery_key(notice.composed_at, notice.id, refused.to));
  REQUIRE((mark && *mark));
  CHECK(decode_delivery(**mark)->to.destination == "b@x.example");
  CHECK(decode_delivery(**mark)->reason == "answered 550");
  CHECK(*store.get(parked_key(refused.to, notice.id)));
  CHECK_FALSE(*store.get(parked_key(taken.to, notice.id)));
}

TEST_CASE("A mark that names no destination, as once written, is read") {
  std::string bytes;
  RowWriter out(bytes);
  out.byte(1);
  out.text("id");
  out.text("alerts");
  out.byte(1);
  out.signed_number(10);
  out.number(3);
  out.number(1);
  out.text("a");
  out.text("late");
  const auto mark = decode_delivery(bytes);
  REQUIRE(mark);
  CHECK(mark->id == "id");
  CHECK(mark->to.channel == "alerts");
  CHECK(mark->to.destination.empty());
  CHECK(mark->attempts == 3);
  CHECK(mark->reason == "late");
}

TEST_CASE("Each kind of notice survives its bytes") {
  Notice catch_up = digest_of(5);
  catch_up.kind = Notice::Kind::catch_up;
  for (const Notice& notice : {told(production()), digest_of(7), catch_up, resolved_notice(),
                               engine_notice({"lag", "p3", "late", {"a", "b"}})}) {
    const std::string bytes = encode_notice(notice);
    const auto back = decode_notice(bytes);
    REQUIRE(back);
    CHECK(encode_notice(*back) == bytes);
    CHECK(lines_of(render(*back)) == lines_of(render(notice)));
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, bytes.size() / 2, bytes.size() - 1}) {
      CHECK_FALSE(decode_notice(bytes.substr(0, size)));
    }
    CHECK_FALSE(decode_notice(bytes + "x"));
  }
}

TEST_CASE("A row that cannot be read is set aside and hides no other") {
  MemoryStore store;
  WriteBatch batch;
  batch.put(outbox_key("alerts", 1), "garbage");
  put_outbox_row(batch, "alerts", 2, production());
  batch.put(notification_key({"alerts", ""}, "x"), "garbage");
  write(store, batch);
  const Found found = read(store);
  CHECK(found.unreadable.size() == 2);
  CHECK(found.alerts.size() == 1);

  WriteBatch aside;
  put_unreadable(aside, {outbox_key("alerts", 1), "garbage", "damaged"});
  put_unreadable(aside, {notification_key({"alerts", ""}, "x"), "garbage", "damaged"});
  write(store, aside);
  CHECK(read(store).unreadable.empty());
  CHECK(store.map().size() == 3);
}

TEST_CASE("The id of a digest doesn't depend on the order of its alerts") {
  CHECK(digest_id({"b", "a"}) == digest_id({"a", "b"}));
  CHECK(digest_id({"a", "b"}) != digest_id({"ab"}));
  CHECK(digest_id({"a"}).size() == 32);
}
