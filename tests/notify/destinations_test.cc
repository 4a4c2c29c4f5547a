// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <sstream>

#include "notify/notifier.h"
#include "notify/outbox_keys.h"
#include "notify/samples.h"
#include "notify/webhook/webhook_channel.h"
#include "state/memory_store.h"
#include "support/contains.h"
#include "support/manual_clock.h"
#include "support/recording_transport.h"

using namespace tocsin;
using namespace tocsin::samples;

namespace {

class Lines final : public Log {
 public:
  void info(std::string_view text) override { all += std::string(text) + "\n"; }
  void warn(std::string_view text) override { all += std::string(text) + "\n"; }
  void error(std::string_view text) override { all += std::string(text) + "\n"; }
  std::string all;
};

// A channel named letters, that goes to several.
class Letters final : public Channel {
 public:
  explicit Letters(std::vector<std::string> to) : to_(std::move(to)) {}
  const std::string& name() const override { return name_; }
  Pacing pacing() const override { return {50, 100, 1}; }
  std::vector<std::string> destinations() const override { return to_; }
  Request request(const Telling& telling) const override {
    HttpRequest request;
    request.url = telling.destination;
    request.body = telling.notice.id + " " + telling.message.first_line;
    for (const std::string& id : alert_ids(telling.notice)) request.body += "\n" + id;
    return request;
  }
  Outcome classify(const Response& response) const override { return outcome_by_status(response); }

 private:
  std::string name_ = "letters";
  std::vector<std::string> to_;
};

constexpr const char* kOps = "https://ops.example/hook";

struct AddressDesk {
  explicit AddressDesk(std::vector<std::string> names = {"ada", "bob"}) : to(std::move(names)) {
    start();
  }

  void start() {
    std::vector<std::unique_ptr<Channel>> channels;
    channels.push_back(std::make_unique<Letters>(to));
    WebhookConfig ops;
    ops.name = "ops";
    ops.url = kOps;
    channels.push_back(std::make_unique<WebhookChannel>(ops));
    NotifierConfig config;
    config.engine_channels = engine;
    notifier = std::make_unique<Notifier>(NotifierParts{store, transport, clock, log},
                                          std::move(channels), config);
    REQUIRE(notifier->load());
  }
  void offer(const std::vector<Alert>& alerts) {
    WriteBatch commit;
    std::vector<Outgoing> outgoing;
    for (const Alert& alert : alerts) {
      OutboxLog().append(Recorded{++seq, alert, {"letters"}}, commit);
      outgoing.push_back({seq, alert, {"letters"}});
    }
    REQUIRE(store.write(commit, Sync::yes));
    notifier->offer(outgoing);
  }
  void offer(int number) {
    Alert alert = production();
    alert.id = "alert-" + std::to_string(number);
    offer({alert});
  }
  void run_for(Millis time, Millis stride = Millis{1'000}) {
    for (Millis gone{0}; gone <= time; gone += stride) {
      REQUIRE(notifier->step());
      clock.advance(stride);
    }
  }
  // What a destination answers from now on.
  void answer(const std::string& who, std::optional<Response> response) {
    answers[who] = std::move(response);
    transport.set_script([this](const HttpRequest& request) {
      const auto found = answers.find(request.url);
      return found == answers.end() ? RecordingTransport::ok() : found->second;
    });
  }
  std::size_t posts(const std::string& who) const { return bodies(who).size(); }
  std::vector<std::string> bodies(const std::string& who) const {
    std::vector<std::string> bodies;
    for (const HttpRequest& request : transport.posted) {
      if (request.url == who) bodies.push_back(request.body);
    }
    return bodies;
  }
  std::size_t rows(char kind) const {
    std::size_t count = 0;
    for (const auto& [key, value] : store.map()) count += key[0] == kind ? 1U : 0U;
    return count;
  }
  ChannelStatus status(const std::string& destination) const {
    for (const ChannelStatus& status : notifier->status()) {
      if (status.name == "letters" && status.destination == destination) return status;
    }
    FAIL("no status of " + destination);
    return {};
  }

  MemoryStore store;
  RecordingTransport transport;
  ManualClock clock{wall(utc(2026, 11, 21, 14, 7, 32))};
  Lines log;
  std::vector<std::string> to;
  std::vector<std::string> engine{"ops"};
  std::map<std::string, std::optional<Response>> answers;
  std::unique_ptr<Notifier> notifier;
  std::uint64_t seq = 0;
};

}  // namespace

TEST_CASE("Each destination gets the message, and each has its own mark and count") {
  AddressDesk desk;
  desk.offer(1);
  desk.run_for(Millis{0});
  CHECK(desk.posts("ada") == 1);
  CHECK(desk.bodies("ada") == desk.bodies("bob"));
  CHECK(desk.rows('n') + desk.rows('o') == 0);
  CHECK(desk.rows('d') == 2);
  CHECK(desk.status("ada").delivered == 1);
  CHECK(desk.status("bob").delivered == 1);
}

TEST_CASE("What rings once more while its first message waits is told by a message of its own") {
  AddressDesk desk({"ada"});
  Alert half = production(), most = production();
  half.id = "half";
  half.amount = most.amount - 1;
  desk.answer("ada", RecordingTransport::status(500));
  desk.offer({half, most});
  desk.run_for(Millis{0});
  half.id = "another";  // a limit was raised and set back, and the rung below is a new one
  desk.offer({half, most});
  desk.run_for(Millis{0});
  desk.start();
  const auto before = static_cast<std::ptrdiff_t>(desk.posts("ada"));
  desk.answer("ada", RecordingTransport::ok());
  desk.run_for(Millis{600'000});
  const std::vector<std::string> bodies = desk.bodies("ada");
  const auto told = [&](const std::string& id) {
    return std::any_of(bodies.begin() + before, bodies.end(),
                       [&](const std::string& body) { return contains(body, "\n" + id); });
  };
  CHECK(told("half"));
  CHECK(told("another"));
  CHECK(desk.rows('n') + desk.rows('o') == 0);
  CHECK(desk.rows('d') == 2);
}

TEST_CASE("Who took it is not sent it again while another is tried, nor after a restart") {
  AddressDesk desk;
  desk.answer("bob", RecordingTransport::status(500));
  desk.offer(1);
  desk.run_for(Millis{20'000});
  CHECK(desk.posts("ada") == 1);
  CHECK(desk.posts("bob") > 1);
  CHECK(desk.rows('n') == 1);
  desk.start();
  desk.run_for(Millis{20'000});
  CHECK(desk.posts("ada") == 1);
  desk.answers.clear();
  desk.run_for(Millis{300'000});
  CHECK(desk.posts("ada") == 1);
  CHECK(desk.bodies("bob").back() == desk.bodies("ada").front());
  CHECK(desk.rows('n') == 0);
  CHECK(desk.status("bob").delivered == 1);
}

TEST_CASE("What one destination refuses is parked for it alone and told with its name") {
  AddressDesk desk;
  desk.answer("bob", RecordingTransport::status(422, "no_such_user"));
  desk.offer(1);
  desk.run_for(Millis{2'000});
  CHECK(desk.posts("ada") == 1);
  CHECK(desk.posts("bob") == 1);
  CHECK(desk.rows('p') == 1);
  CHECK(desk.status("bob").parked == 1);
  CHECK(desk.status("ada").parked == 0);
  CHECK_FALSE(desk.status("bob").broken);
  REQUIRE(desk.posts(kOps) == 1);
  CHECK(contains(desk.bodies(kOps)[0],
                 "could not deliver a message to channel letters (bob): it answered 422"));
  desk.offer(2);
  desk.run_for(Millis{2'000});
  CHECK(desk.posts("ada") == 2);
}

TEST_CASE("The other destinations of the engine's only channel are told of the one that refuses") {
  AddressDesk desk;
  desk.engine = {"letters"};
  desk.start();
  desk.answer("bob", RecordingTransport::status(422));
  desk.offer(1);
  desk.run_for(Millis{10'000});
  REQUIRE(desk.posts("ada") == 2);
  CHECK(contains(desk.bodies("ada")[1], "could not deliver a message to channel letters (bob)"));
  CHECK(desk.posts("bob") == 1);
}

TEST_CASE("A destination that hangs holds up no other, and its messages stay its own") {
  AddressDesk desk;
  desk.answer("bob", std::nullopt);
  for (int i = 0; i < 30; ++i) {
    desk.offer(i);
    desk.run_for(Millis{0});
  }
  CHECK(desk.posts("ada") == 30);
  CHECK(desk.posts("bob") == 1);
  CHECK(desk.rows('n') == 30);
  CHECK(desk.status("bob").queued == 30);
  CHECK(desk.status("ada").queued == 0);
}

TEST_CASE("A channel that is broken is told once, not once a destination") {
  AddressDesk desk;
  desk.answer("ada", RecordingTransport::status(401));
  desk.answer("bob", RecordingTransport::status(401));
  desk.offer(1);
  desk.run_for(Millis{5'000});
  CHECK(desk.posts(kOps) == 1);
  CHECK(contains(desk.bodies(kOps)[0], "cannot tell channel letters anything"));
  CHECK(desk.rows('p') == 2);
}

TEST_CASE("A message for a destination that is configured no more is parked and told") {
  AddressDesk desk({"ada", "bob", "eve"});
  desk.answer("eve", RecordingTransport::status(500));
  desk.answer("bob", RecordingTransport::status(500));
  desk.offer(1);
  desk.run_for(Millis{0});
  desk.to = {"ada", "bob"};
  desk.answers.clear();
  desk.start();
  desk.run_for(Millis{10'000});
  CHECK(desk.posts("ada") == 1);
  CHECK(desk.posts("bob") == 2);
  CHECK(desk.rows('n') == 0);
  CHECK(desk.rows('p') == 1);
  REQUIRE(desk.posts(kOps) == 1);
  CHECK(contains(desk.bodies(kOps)[0], "channel letters (eve), which is not configured any more"));
}

TEST_CASE("The only destination of a channel is not named to people") {
  AddressDesk desk({"ada"});
  desk.answer("ada", RecordingTransport::status(422));
  desk.offer(1);
  desk.run_for(Millis{2'000});
  CHECK(desk.status("").parked == 1);
  REQUIRE(desk.posts(kOps) == 1);
  CHECK(contains(desk.bodies(kOps)[0], "a message to channel letters: it answered 422"));
}

TEST_CASE("After a restart messages are told in the order in which they were made") {
  AddressDesk desk({"ada"});
  desk.answer("ada", std::nullopt);
  for (const int number : {9, 3, 7, 1, 5}) {
    desk.offer(number);
    desk.run_for(Millis{0});
  }
  desk.answers.clear();
  const std::size_t before = desk.posts("ada");
  desk.start();
  desk.run_for(Millis{10'000});
  std::string order;
  for (const std::string& body : desk.bodies("ada")) order += body.substr(6, 1);
  CHECK(order.substr(before) == "93715");
}

TEST_CASE("Of a thousand alerts to destinations that fail at random none is lost or taken twice") {
  AddressDesk desk;
  std::minstd_rand dice(20261125);
  std::map<std::string, std::map<std::string, int>> taken;  // by destination and alert
  desk.transport.set_script([&](const HttpRequest& request) -> std::optional<Response> {
    switch (dice() % 6) {
      case 0: return RecordingTransport::status(503);
      case 1: return RecordingTransport::no_answer("mail.example: Timeout was reached");
      case 2: return RecordingTransport::status(429);
      default: break;
    }
    std::istringstream lines(request.body.substr(request.body.find('\n') + 1));
    for (std::string id; std::getline(lines, id);) ++taken[request.url][id];
    return RecordingTransport::ok();
  });
  for (int i = 0; i < 1'000; ++i) {
    desk.offer(i);
    desk.run_for(Millis{0});
    desk.clock.advance(Millis{500});
    if (i % 300 == 299) desk.start();
  }
  desk.run_for(Millis{14'400'000}, Millis{2'000});
  for (const char* who : {"ada", "bob"}) {
    CHECK(taken[who].size() == 1'000);
    for (const auto& [alert, times] : taken[who]) CHECK(times == 1);
  }
  CHECK(desk.rows('o') + desk.rows('n') + desk.rows('p') == 0);
}

TEST_CASE("What waits for a recipient whose address is mended goes to the mended one, once") {
  AddressDesk desk({"adda"});
  desk.transport.set_script([](const HttpRequest& request) -> std::optional<Response> {
    if (request.url == "adda") return std::nullopt;
    return RecordingTransport::ok();
  });
  desk.offer(1);  // under way
  desk.offer(2);  // behind it
  REQUIRE(desk.notifier->step());
  ChannelChange change;
  change.channels.push_back(std::make_unique<Letters>(std::vector<std::string>{"ada"}));
  change.kept = {"ops"};
  change.engine_channels = {"ops"};
  SECTION("by the process that has them") {
    desk.notifier->exchange(std::move(change));
    REQUIRE(desk.notifier->step());
    desk.transport.answer_hanging(RecordingTransport::status(503));
    desk.run_for(std::chrono::seconds{10});
    CHECK(desk.rows('n') == 0);
  }
  SECTION("also where the process ends before it could tell") {
    desk.transport.set_script([](const HttpRequest&) { return std::nullopt; });
    desk.notifier->exchange(std::move(change));
    REQUIRE(desk.notifier->step());
    desk.transport.answer_hanging(RecordingTransport::status(503));
    REQUIRE(desk.notifier->step());
    desk.to = {"ada"};
    desk.transport.set_script([](const HttpRequest&) { return RecordingTransport::ok(); });
    desk.start();
    desk.run_for(std::chrono::seconds{10});
    CHECK(desk.rows('n') == 0);
  }
  CHECK(desk.rows('p') == 0);
}
