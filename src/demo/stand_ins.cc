// SPDX-License-Identifier: Apache-2.0
#include "demo/stand_ins.h"

#include <fmt/format.h>

#include "alert/alert_json.h"
#include "demo/json_text.h"
#include "demo/page.h"
#include "document/json_writer.h"

namespace tocsin::demo {
namespace {

using simdjson::dom::element;

constexpr std::size_t kShownMax = 500;
constexpr std::string_view kSlackPath = "/slack/";
// Mails are shown in frames whose content is written into the page (srcdoc).
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    "img-src data:; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

LoopbackAnswer text_answer(int status, std::string text) {
  return {.status = status,
          .type = "text/plain; charset=utf-8",
          .body = std::move(text),
          .headers = {}};
}

// `to` is one address or a list of them.
std::vector<std::string> recipients(const element& mail) {
  std::vector<std::string> all;
  simdjson::dom::array list;
  if (mail["to"].get(list) != simdjson::SUCCESS) {
    const std::string one = text_of(mail, "to");
    if (!one.empty()) all.push_back(one);
    return all;
  }
  for (const element each : list) {
    std::string_view address;
    if (each.get(address) == simdjson::SUCCESS) all.emplace_back(address);
  }
  return all;
}

std::string name_before_at(const std::string& address) {
  const std::size_t start = address.rfind('<');
  const std::string bare = start == std::string::npos ? address : address.substr(start + 1);
  return bare.substr(0, bare.find('@'));
}

void write_mail(JsonWriter& json, const element& mail) {
  json.text("from", text_of(mail, "from")).key("to").begin_array();
  for (const std::string& address : recipients(mail)) json.text(address);
  json.end_array().text("subject", text_of(mail, "subject"));
  json.text("text", text_of(mail, "text")).text("html", text_of(mail, "html"));
}

}  // namespace

LoopbackAnswer StandIns::answer(const LoopbackCall& call) {
  if (call.method == "POST") {
    if (call.path.starts_with(kSlackPath)) {
      return post(Delivery::Kind::slack, std::string(call.path.substr(kSlackPath.size())),
                  call.body);
    }
    if (call.path == "/emails") return post(Delivery::Kind::mail, "", call.body);
    return text_answer(404, "no_service");
  }
  if (call.path == "/demo/messages.json") {
    return {.status = 200,
            .type = "application/json; charset=utf-8",
            .body = messages_json(),
            .headers = {}};
  }
  if (const auto file = page_file(call.path)) {
    return {.status = 200,
            .type = std::string(file->type),
            .body = std::string(file->text),
            .headers = {{"Content-Security-Policy", std::string(kPolicy)}}};
  }
  return text_answer(404, "there is nothing here but /demo\n");
}

LoopbackAnswer StandIns::post(Delivery::Kind kind, std::string channel, std::string_view body) {
  // Now, before anything of ours is added to it.
  const auto received = clock_.monotonic();
  const WallTime at = clock_.wall();
  simdjson::dom::parser parser;
  element message;
  if (parser.parse(body.data(), body.size()).get(message) != simdjson::SUCCESS ||
      !message.is_object()) {
    return text_answer(400, "invalid_payload");
  }
  const bool mail = kind == Delivery::Kind::mail;
  const std::string first_line = text_of(message, mail ? "subject" : "text");
  if (mail) {
    const auto to = recipients(message);
    if (to.empty()) return text_answer(422, R"({"name":"missing_required_field"})");
    channel = name_before_at(to.front());
  } else if (first_line.empty()) {
    return text_answer(400, "no_text");
  }
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    number = ++last_;
    Delivery delivery{number,   kind, std::move(channel), first_line, simdjson::minify(message),
                      received, at};
    new_.push_back(delivery);
    shown_.push_front({std::move(delivery), {}});
    if (shown_.size() > kShownMax) shown_.pop_back();
  }
  arrived_.notify_all();
  if (!mail) return text_answer(200, "ok");
  return {.status = 200,
          .type = "application/json; charset=utf-8",
          .body = fmt::format(R"({{"id":"00000000-0000-4000-8000-{:012x}"}})", number),
          .headers = {}};
}

std::vector<Delivery> StandIns::take(Millis wait) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, wait, [this] { return !new_.empty(); });
  return std::exchange(new_, {});
}

void StandIns::took(std::uint64_t number, std::string milliseconds) {
  const std::lock_guard lock(mutex_);
  for (Shown& shown : shown_) {
    if (shown.delivery.number == number) shown.took_ms = std::move(milliseconds);
  }
}

std::string StandIns::messages_json() const {
  std::deque<Shown> shown;
  {
    const std::lock_guard lock(mutex_);
    shown = shown_;
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("messages").begin_array();
  for (const auto& [delivery, took_ms] : shown) {
    const bool mail = delivery.kind == Delivery::Kind::mail;
    json.begin_object().text("channel", delivery.channel).text("kind", mail ? "mail" : "slack");
    json.key("took_ms");
    if (took_ms.empty()) {
      json.null();
    } else {
      json.text(took_ms);
    }
    json.text("at", rfc3339_text(as_event_time(delivery.at)));
    if (mail) {
      simdjson::dom::parser parser;
      element message;
      if (parser.parse(delivery.body).get(message) == simdjson::SUCCESS) write_mail(json, message);
    } else {
      json.key("body").raw_number(delivery.body);  // JSON as it was posted
    }
    json.end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tocsin::demo
