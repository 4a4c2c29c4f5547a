// SPDX-License-Identifier: Apache-2.0
#include "crash/postbox.h"

#include <algorithm>
#include <stdexcept>
#include <variant>

namespace tocsin::crash {
namespace {

// Ids of the objects in `alerts` of a webhook's body (webhook_body()).
std::set<std::string> alerts_in(const std::string& body) {
  std::set<std::string> ids;
  const auto begin = body.find("\"alerts\":["), end = body.find("\"digest\":");
  constexpr std::string_view kId = "\"id\":\"";
  for (auto at = body.find(kId, begin); at < end; at = body.find(kId, at)) {
    at += kId.size();
    ids.insert(body.substr(at, body.find('"', at) - at));
  }
  return ids;
}

// The same for a message in every process.
std::size_t lot(const std::string& key) {
  std::size_t sum = 0;
  for (const char c : key) sum = sum * 31 + static_cast<unsigned char>(c);
  return sum;
}

}  // namespace

int Postbox::answer_to(const Post& post) {
  if (post.channel == "ops") return 200;
  if (lot(post.key) % 11 == 3) return 422;
  if (lot(post.key) % 7 == 1 && seen_.insert(post.channel + post.key).second) return 500;
  return 200;
}

void Postbox::send(Request request, Done done) {
  const auto& http = std::get<HttpRequest>(request);
  Post post;
  post.channel = http.url.substr(http.url.rfind('/') + 1);
  for (const auto& [name, value] : http.headers) {
    if (name == "Idempotency-Key") post.key = value;
  }
  if (post.key.empty()) throw std::logic_error("a post without Idempotency-Key");
  post.alerts = alerts_in(http.body);
  post.answer = answer_to(post);
  answers_.emplace_back(arrived_(post) ? post.answer : 0, std::move(done));
}

void Postbox::poll(Millis wait) {
  if (answers_.empty()) {
    std::unique_lock lock(mutex_);
    // Time goes on by itself here (Life): who waits for it must look again soon.
    woken_.wait_for(lock, std::min(wait, Millis{1}), [this] { return awake_; });
    awake_ = false;
    return;
  }
  std::deque<std::pair<int, Done>> answers;
  answers.swap(answers_);
  for (auto& [status, done] : answers) {
    Response response;
    response.status = status;
    done(response);
  }
}

void Postbox::wake() {
  const std::lock_guard lock(mutex_);
  awake_ = true;
  woken_.notify_one();
}

}  // namespace tocsin::crash
