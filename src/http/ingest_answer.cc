// SPDX-License-Identifier: Apache-2.0
#include "http/ingest_answer.h"

#include <fmt/format.h>

#include "http/json_text.h"

namespace tocsin {
namespace {

// Codes of google.rpc.Status.
int code_of(int status) {
  switch (status) {
    case 401: return 16;  // UNAUTHENTICATED
    case 403: return 7;   // PERMISSION_DENIED
    case 413:
    case 429: return 8;   // RESOURCE_EXHAUSTED
    case 503: return 14;  // UNAVAILABLE
    default: return 3;    // INVALID_ARGUMENT
  }
}

void append_number(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_number_field(std::string& out, unsigned field, std::uint64_t value) {
  append_number(out, std::uint64_t{field} << 3);
  append_number(out, value);
}

void append_bytes_field(std::string& out, unsigned field, std::string_view bytes) {
  append_number(out, std::uint64_t{field} << 3 | 2);
  append_number(out, bytes.size());
  out += bytes;
}

std::string problems_text(const Ingest::Answer& taken) {
  std::string text;
  for (const auto& problem : taken.problems) {
    text += fmt::format("{}element {}: {}: {}", text.empty() ? "" : "; ", problem.element,
                        problem.reason, problem.detail);
  }
  if (taken.set_aside > taken.problems.size()) text += "; …";
  return text;
}

std::string acceptance_json(const Ingest::Answer& taken) {
  std::string body = fmt::format("{{\"accepted\": {}", taken.events);
  if (taken.set_aside > 0) {
    body += fmt::format(", \"quarantined\": {}, \"problems\": [", taken.set_aside);
    for (const auto& problem : taken.problems) {
      body += fmt::format("{}{{\"element\": {}, \"reason\": {}, \"detail\": {}}}",
                          &problem == &taken.problems.front() ? "" : ", ", problem.element,
                          json_string(problem.reason), json_string(problem.detail));
    }
    body += "]";
  }
  return body + "}";
}

HttpAnswer proto_answer(int status, std::string body) {
  HttpAnswer answer;
  answer.status = status;
  answer.type = "application/x-protobuf";
  answer.body = std::move(body);
  return answer;
}

}  // namespace

HttpAnswer ingest_refusal(IngestDialect dialect, int status, std::string_view text,
                          int retry_after) {
  HttpAnswer answer;
  if (dialect == IngestDialect::otlp_proto) {
    std::string body;
    append_number_field(body, 1, static_cast<std::uint64_t>(code_of(status)));
    append_bytes_field(body, 2, text);
    answer = proto_answer(status, std::move(body));
  } else if (dialect == IngestDialect::otlp_json) {
    answer.status = status;
    answer.body =
        fmt::format("{{\"code\": {}, \"message\": {}}}", code_of(status), json_string(text));
  } else {
    answer = error_answer(status, text);
  }
  answer.retry_after = retry_after;
  answer.asks_for_token = status == 401;
  return answer;
}

HttpAnswer ingest_acceptance(IngestDialect dialect, const Ingest::Answer& taken) {
  HttpAnswer answer;
  if (dialect == IngestDialect::events) {
    answer.status = 202;
    answer.body = acceptance_json(taken);
    return answer;
  }
  const std::string problems = problems_text(taken);
  if (dialect == IngestDialect::otlp_proto) {
    std::string body;
    if (taken.set_aside > 0) {
      std::string partial;
      append_number_field(partial, 1, taken.set_aside);
      append_bytes_field(partial, 2, problems);
      append_bytes_field(body, 1, partial);
    }
    return proto_answer(200, std::move(body));
  }
  // 64-bit numbers are texts in protobuf's JSON.
  answer.body = taken.set_aside == 0 ? "{}"
                                     : fmt::format(
                                           "{{\"partialSuccess\": {{\"rejectedSpans\": \"{}\", "
                                           "\"errorMessage\": {}}}}}",
                                           taken.set_aside, json_string(problems));
  return answer;
}

}  // namespace tocsin
