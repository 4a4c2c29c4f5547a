// SPDX-License-Identifier: Apache-2.0
// Requests to the API, and what metrics and errors make of any text. Texts with zero bytes between
// them: method, path, Host, Authorization, Content-Type, Tocsin-Request, Origin, then parameters.
#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "bytes.h"
#include "fuzz_target.h"
#include "http/metrics_text.h"
#include "http/router.h"
#include "json_reader.h"

namespace tocsin::fuzz {
namespace {

constexpr std::string_view kToken = "t0ken-of-the-engine";
constexpr std::string_view kData = "what only its holder should know";

struct Asked {
  std::string begun;  // what a POST is to begin: "reload", "reprice"
  std::size_t limit = 0;
};

Api api(Asked& asked) {
  const auto list = [&asked](std::size_t limit) {
    asked.limit = limit;
    return "{\"data\": \"" + std::string(kData) + "\"}";
  };
  Api api;
  api.healthz = [] { return Api::Health{true, "alive"}; };
  api.readyz = [] { return std::vector<std::string>{std::string(kData)}; };
  api.remarks = [] { return std::vector<std::string>{}; };
  api.metrics = [] {
    return std::vector<MetricSample>{
        {"tocsin_up", std::string(kData), MetricSample::Type::gauge, {}, "1"}};
  };
  api.alerts_json = api.budgets_json = api.unpriced_json = list;
  api.explain = [list](const Api::Query&) { return Api::Answer{200, list(1)}; };
  api.reload = [&asked] {
    asked.begun = "reload";
    return Api::Answer{200, "{}"};
  };
  api.reprice = [&asked, list](const Api::Query&, bool begin) {
    if (begin) asked.begun = "reprice";
    return Api::Answer{begin ? 202 : 200, list(1)};
  };
  return api;
}

struct Texts {
  explicit Texts(Bytes& bytes)
      : method(bytes.line()),
        path(bytes.line()),
        host(bytes.line()),
        authorization(bytes.line()),
        content_type(bytes.line()),
        tocsin_request(bytes.line()),
        origin(bytes.line()) {
    while (!bytes.empty()) {
      std::string name = bytes.line();
      query.emplace(std::move(name), bytes.line());
    }
  }
  HttpCall call() const {
    return {.method = method,
            .path = path,
            .host = host,
            .authorization = authorization,
            .query = query,
            .content_type = content_type,
            .tocsin_request = tocsin_request,
            .origin = origin};
  }
  std::string method, path, host, authorization, content_type, tocsin_request, origin;
  Api::Query query;
};

// Whether `host` is one of the few names this machine may be called by; the port does not matter.
bool is_local(std::string_view host) {
  if (host.starts_with("[::1]") || host.starts_with("[0")) return true;
  const std::string_view name = host.substr(0, host.find(':'));
  return name == "localhost" || name.starts_with("127.") || host.starts_with('[');
}

void check_answer(const Texts& texts, const std::string& token, bool only_loopback) {
  Asked asked;
  const Router router(api(asked), token, only_loopback);
  const HttpAnswer answer = router.answer(texts.call());
  const bool probe = texts.path == "/healthz" || texts.path == "/readyz";
  const bool holder = token.empty() || texts.authorization == "Bearer " + token;
  expect(answer.status >= 200 && answer.status < 600, "an answer has a status");
  if (!holder) {
    expect(answer.body.find(kData) == std::string::npos, "without the token nothing is told");
    expect(asked.begun.empty(), "without the token nothing is done");
    expect(probe || answer.status == 401 || answer.status == 421, "and it is asked for");
  }
  if (only_loopback && !is_local(texts.host)) {
    expect(answer.status == 421, "a name of another machine is refused: " + texts.host);
  }
  if (!asked.begun.empty()) {
    expect(texts.method == "POST" && texts.path == "/api/v1/" + asked.begun,
           "one request begins " + asked.begun);
    expect(!token.empty() || texts.tocsin_request == asked.begun ||
               texts.content_type.starts_with("application/json"),
           "no form of another site's page begins " + asked.begun);
    expect(texts.origin.empty() || texts.origin.ends_with("://" + texts.host),
           "no page of another site begins " + asked.begun);
  }
  expect(asked.limit <= 1'000'000, "a limit is one");
  if (answer.type.starts_with("application/json")) {
    expect(read_json(answer.body).has_value(), "what says it is JSON is: " + answer.body);
  }
}

// One family of one sample, whatever stands in its texts: three lines, of which the value of the
// label comes back as it was.
void check_metrics(const std::string& text) {
  const std::vector<MetricSample> samples = {
      {"tocsin_x", text, MetricSample::Type::counter, {{"group", text}}, "7"}};
  const std::string page = metrics_text(samples);
  expect(std::count(page.begin(), page.end(), '\n') == 3, "a page has its lines: " + page);
  constexpr std::string_view kBegin = "\ntocsin_x{group=\"";
  constexpr std::string_view kEnd = "\"} 7\n";
  const std::size_t begin = page.find(kBegin);
  expect(begin != std::string::npos && page.ends_with(kEnd), "a sample is whole");
  const std::string_view escaped = std::string_view(page).substr(
      begin + kBegin.size(), page.size() - kEnd.size() - begin - kBegin.size());
  std::string value;
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    expect(escaped[i] != '"', "a label's value has no end of its own");
    if (escaped[i] != '\\') {
      value += escaped[i];
    } else {
      ++i;
      expect(i < escaped.size(), "an escape is whole");
      value += escaped[i] == 'n' ? '\n' : escaped[i];
    }
  }
  expect_same(value, text, "a label's value");
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size > 4'096) return 0;
  fuzz::Bytes bytes(data, size);
  const fuzz::Texts texts(bytes);
  for (const bool only_loopback : {true, false}) {
    fuzz::check_answer(texts, "", only_loopback);
    fuzz::check_answer(texts, std::string(fuzz::kToken), only_loopback);
  }
  fuzz::check_metrics(std::string(reinterpret_cast<const char*>(data), size));
  const HttpAnswer error = error_answer(400, texts.path);
  const auto json = fuzz::read_json(error.body);
  fuzz::expect(!fuzz::is_utf8(texts.path) || (json && json->find("error")->text == texts.path),
               "an error is JSON and says what it says");
  return 0;
}
