// SPDX-License-Identifier: Apache-2.0
#include "notify/email/aws_signature.h"

#include <string_view>

#include "alert/alert_json.h"
#include "hash/digest.h"

namespace tocsin {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string signed_names(const AwsRequest& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical(const AwsRequest& request) {
  std::string text = request.method + "\n" + request.path + "\n" + request.query + "\n";
  for (const auto& [name, value] : request.headers) text += name + ":" + value + "\n";
  return text + "\n" + signed_names(request) + "\n" + hex(sha256(request.body));
}

}  // namespace

std::string aws_date(WallTime now) {
  std::string text = rfc3339_text(as_event_time(now));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string aws_authorization(const AwsRequest& request, const AwsCredentials& credentials,
                              WallTime now) {
  const std::string at = aws_date(now);
  const std::string day = at.substr(0, 8);
  const std::string scope = day + "/" + request.region + "/" + request.service + "/aws4_request";
  const std::string text =
      std::string(kAlgorithm) + "\n" + at + "\n" + scope + "\n" + hex(sha256(canonical(request)));
  Digest key = hmac_sha256("AWS4" + credentials.secret_access_key, day);
  for (const std::string_view step :
       {std::string_view(request.region), std::string_view(request.service),
        std::string_view("aws4_request")}) {
    key = hmac_sha256(bytes_of(key), step);
  }
  return std::string(kAlgorithm) + " Credential=" + credentials.access_key_id + "/" + scope +
         ", SignedHeaders=" + signed_names(request) +
         ", Signature=" + hex(hmac_sha256(bytes_of(key), text));
}

}  // namespace tocsin
