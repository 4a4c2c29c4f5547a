// SPDX-License-Identifier: Apache-2.0
#include "cli/engine_client.h"

#include <fmt/format.h>

#include "document/yaml.h"
#include "http/http_get.h"

namespace tocsin {

std::string query_value(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

Result<EngineAnswer> ask_engine(const Config& config, const EngineQuestion& question) {
  if (!config.http) {
    return reject("the running engine is asked by HTTP, and " + config.path +
                  " has no http: add `http: {listen: \"127.0.0.1:8080\"}` and start it anew");
  }
  const auto& http = *config.http;
  const bool any = http.host.empty() || http.host == "0.0.0.0" || http.host == "::";
  HttpGetRequest request;
  request.host = any ? "127.0.0.1" : http.host;
  request.port = http.port;
  request.path = question.path;
  request.token = http.token.reveal();
  request.timeout = question.timeout;
  if (question.method != EngineQuestion::Method::get) request.post_as = question.request;
  request.deletes = question.method == EngineQuestion::Method::deletes;
  const auto reply = http_get(request);
  if (!reply) {
    return retry(reply.error().message + ": " + question.done_by +
                 ", so `tocsin run` must be running");
  }
  Diagnostics diagnostics;
  auto answer = parse_yaml("answer", reply->body, diagnostics);
  if (!answer || !answer->root.is_map()) {
    return reject(fmt::format("{}:{} answers {}: is it an engine of this version?", request.host,
                              request.port, reply->status));
  }
  if (const Node* error = answer->root.find("error"); error != nullptr && reply->status >= 400) {
    return reject(error->text);
  }
  return EngineAnswer{std::move(*answer), reply->body};
}

std::string answer_text(const Node& map, std::string_view key) {
  const Node* const node = map.find(key);
  return node == nullptr ? std::string() : node->text;
}

}  // namespace tocsin
