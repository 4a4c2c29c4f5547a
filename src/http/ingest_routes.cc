// SPDX-License-Identifier: Apache-2.0
#include "http/ingest_routes.h"

#include <fmt/format.h>

#include <charconv>

#include "http/secret_text.h"
#include "tocsin/time.h"

namespace tocsin {
namespace {

constexpr std::string_view kTraces = "/v1/traces";
constexpr int kRetrySoon = 1, kRetryLater = 5;  // s

// "application/json; charset=utf-8" is application/json.
std::string media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  while (header.ends_with(' ')) header.remove_suffix(1);
  std::string type(header);
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return type;
}

bool is_protobuf(std::string_view type) {
  return type == "application/x-protobuf" || type == "application/protobuf";
}

// What a form of another site's page can send is none of these.
bool is_json(std::string_view type) {
  return type.empty() || type == "application/json" || type.ends_with("+json") ||
         type == "application/x-ndjson" || type == "application/ndjson" ||
         type == "application/jsonl" || type == "application/x-jsonlines";
}

IngestDialect dialect_of(const HttpCall& call) {
  if (call.path != kTraces) return IngestDialect::events;
  return is_protobuf(media_type(call.content_type)) ? IngestDialect::otlp_proto
                                                    : IngestDialect::otlp_json;
}

bool is_gzip(std::string_view encoding) { return encoding == "gzip" || encoding == "x-gzip"; }

}  // namespace

bool IngestRoutes::serves(std::string_view path) {
  for (const std::string_view ours : kPaths) {
    if (path == ours) return true;
  }
  return false;
}

IngestRoutes::Place::~Place() {
  routes_.bytes_ -= bytes_;
  --routes_.under_way_;
}

bool IngestRoutes::Place::grow(std::size_t bytes) {
  bytes_ += bytes;
  return (routes_.bytes_ += bytes) <= kBytesMax;
}

HttpAnswer IngestRoutes::refuse(const HttpCall& call, Reason reason, int status,
                                std::string_view text) {
  ++refused_[static_cast<std::size_t>(reason)];
  const int retry_after = status == 429 ? kRetrySoon : status == 503 ? kRetryLater : 0;
  HttpAnswer answer = ingest_refusal(dialect_of(call), status, text, retry_after);
  if (reason == Reason::method) answer.allow = "POST, PUT";
  return answer;
}

std::optional<HttpAnswer> IngestRoutes::refused_at_head(const HttpCall& call,
                                                        std::string_view api_token) {
  const bool signature = ingest_.signed_well && !call.signature.empty();
  {
    const std::lock_guard lock(mutex_);
    const std::string_view token = token_.empty() ? api_token : token_;
    if (!signature && !bears(call.authorization, token)) {
      return refuse(call, Reason::token, 401, "a token is needed: Authorization: Bearer TOKEN");
    }
  }
  if (call.method != "POST" && call.method != "PUT") {
    return refuse(call, Reason::method, 405, "events are sent here: POST");
  }
  if (foreign_origin(call)) {
    return refuse(call, Reason::foreign, 403, "pages of other sites may not send events");
  }
  const std::string type = media_type(call.content_type);
  if (!is_json(type) && !(call.path == kTraces && is_protobuf(type))) {
    return refuse(call, Reason::media_type, 415,
                  is_protobuf(type) ? "protobuf is for /v1/traces"
                                    : "send Content-Type: application/json (curl: --json)");
  }
  if (!call.encoding.empty() && call.encoding != "identity" && !is_gzip(call.encoding)) {
    return refuse(call, Reason::encoding, 415, "of Content-Encoding only gzip is read");
  }
  // Else the library reads on until the sender closes.
  if (!call.sends_length) {
    return refuse(call, Reason::cut_short, 411, "send Content-Length, or in chunks");
  }
  if (call.length > kBodyMax) return refused_body(call, Failure::too_large);
  return std::nullopt;
}

HttpAnswer IngestRoutes::refused_body(const HttpCall& call, Failure failure) {
  switch (failure) {
    case Failure::busy:
      return refuse(call, Reason::busy, 429, "too much is sent at once: send it again in a second");
    case Failure::too_large:
      return refuse(call, Reason::too_large, 413,
                    fmt::format("a body has at most {} bytes, also without its compression: send "
                                "fewer events at once",
                                kBodyMax));
    case Failure::cut_short: break;
  }
  return refuse(call, Reason::cut_short, 408, "the body did not come whole, or not in time");
}

HttpAnswer IngestRoutes::take(const HttpCall& call, std::string_view body, Place& place) {
  if (ingest_.signed_well && !call.signature.empty() &&
      !ingest_.signed_well(body, call.signature)) {
    return refuse(call, Reason::signature, 401,
                  "Helicone-Signature is not that of this body and our secret");
  }
  if (!is_gzip(call.encoding)) return take_plain(call, body);
  const auto plain = ingest_.gunzip(body, kBodyMax);
  if (!plain) return refuse(call, Reason::unreadable, 400, plain.error().message);
  if (!*plain) return refused_body(call, Failure::too_large);
  if (!place.grow((*plain)->size())) return refused_body(call, Failure::busy);
  return take_plain(call, **plain);
}

HttpAnswer IngestRoutes::take_plain(const HttpCall& call, std::string_view body) {
  // An OTLP request without a span may have no byte.
  if (body.empty() && dialect_of(call) == IngestDialect::otlp_proto) {
    return ingest_acceptance(IngestDialect::otlp_proto, {});
  }
  const Ingest::Answer answer = ingest_.take(body);
  switch (answer.kind) {
    case Ingest::Answer::Kind::unreadable:
      return refuse(call, Reason::unreadable, 400, answer.text);
    case Ingest::Answer::Kind::too_large: return refuse(call, Reason::too_large, 413, answer.text);
    case Ingest::Answer::Kind::unavailable:
      return refuse(call, Reason::unavailable, 503, answer.text);
    case Ingest::Answer::Kind::taken: break;
  }
  Counts& counts = counts_[call.path == kTraces ? 1 : 0];
  ++counts.requests;
  counts.events += answer.events;
  counts.set_aside += answer.set_aside;
  counts.bytes += body.size();
  note_durable(answer.durable_in);
  return ingest_acceptance(dialect_of(call), answer);
}

void IngestRoutes::note_durable(std::chrono::microseconds durable_in) {
  std::size_t bucket = 0;
  while (bucket < kBuckets.size() && durable_in > Millis{kBuckets[bucket]}) ++bucket;
  ++durable_[bucket];
  durable_us_ += static_cast<std::uint64_t>(durable_in.count());
}

void IngestRoutes::set_token(std::string token) {
  const std::lock_guard lock(mutex_);
  if (!token.empty()) token_ = std::move(token);
}

std::vector<MetricSample> IngestRoutes::metrics() const {
  constexpr std::array<const char*, kReasons> kReasonNames = {
      "method",    "token",      "signature", "foreign", "media_type", "encoding",
      "too_large", "unreadable", "cut_short", "busy",    "unavailable"};
  std::vector<MetricSample> samples;
  const auto add = [&](std::string name, std::string help, const char* label, std::string of,
                       std::uint64_t value) {
    samples.push_back({std::move(name),
                       std::move(help),
                       MetricSample::Type::counter,
                       {{label, std::move(of)}},
                       std::to_string(value)});
  };
  for (std::size_t i = 0; i < kPaths.size(); ++i) {
    const Counts& counts = counts_[i];
    add("tocsin_ingest_requests_total", "Requests that were taken.", "path", kPaths[i],
        counts.requests);
    add("tocsin_ingest_events_total", "Events of them that can be read.", "path", kPaths[i],
        counts.events);
    add("tocsin_ingest_unreadable_total", "Events of them that cannot.", "path", kPaths[i],
        counts.set_aside);
    add("tocsin_ingest_bytes_total", "Bytes of their bodies, not compressed.", "path", kPaths[i],
        counts.bytes);
  }
  for (std::size_t i = 0; i < kReasons; ++i) {
    add("tocsin_ingest_refused_total", "Requests that were refused.", "reason", kReasonNames[i],
        refused_[i]);
  }
  std::uint64_t requests = 0;
  for (std::size_t i = 0; i < durable_.size(); ++i) {
    requests += durable_[i];
    add("tocsin_ingest_durable_seconds_bucket", "Requests that were durable within so long.", "le",
        i < kBuckets.size() ? fmt::format("{}.{:03}", kBuckets[i] / 1000, kBuckets[i] % 1000)
                            : "+Inf",
        requests);
  }
  samples.push_back({"tocsin_ingest_durable_microseconds_total",
                     "How long all of them together waited to be durable.",
                     MetricSample::Type::counter,
                     {},
                     std::to_string(durable_us_)});
  return samples;
}

}  // namespace tocsin
