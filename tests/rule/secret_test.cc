// SPDX-License-Identifier: Apache-2.0
#include "rule/secret.h"

#include <catch2/catch.hpp>
#include <type_traits>

#include "memory_files.h"

using namespace tocsin;

namespace {

std::string hidden(const std::string& text, int line = 1) {
  Diagnostics diagnostics;
  const auto source = SourceText::read("t", text, diagnostics);
  REQUIRE(source);
  return hide_secrets(*source, line);
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

}  // namespace

TEST_CASE("A secret cannot be printed") {
  CHECK_FALSE(Printable<Secret>);
  CHECK(Printable<std::string>);
  CHECK(Secret::of("x").reveal() == "x");
  CHECK(Secret::from_file("/f", "x").file() == "/f");
}

TEST_CASE("What follows the key of a secret is stars of the same length") {
  CHECK(hidden("  webhook_url: \"abc\"") == "  webhook_url: *****");
  CHECK(hidden("a: {slack: {webhook_url: \"abc\", foo: 1}}") ==
        "a: {slack: {webhook_url: *****, foo: 1}}");
  CHECK(hidden("hmac_secret: abc def") == "hmac_secret: *******");
  CHECK(hidden("hmac_secret: \"abc") == "hmac_secret: ****");
  CHECK(hidden("hmac_secret: \"a\\\"bc\"") == "hmac_secret: *******");
  CHECK(hidden("sasl.password: caf\xc3\xa9") == "sasl.password: ****");
  CHECK(hidden("\"webhook_url\": x") == "\"webhook_url\": *");
  CHECK(hidden("slack: https://h/x y") == "slack: https://*** y");
  CHECK(hidden("smtp: smtp://me:abc@h") == "smtp: smtp://********");
  CHECK(hidden("webhook_url:\n  \"abc\"", 2) == "  *****");
  CHECK(hidden("webhook_url: # here\n\n  abc", 3) == "  ***");
  CHECK(hidden("hmac_secret: |\n  abc", 2) == "  ***");
}

TEST_CASE("Names of variables and files are no secrets") {
  CHECK(hidden("webhook_url: \"${SLACK}\"") == "webhook_url: \"${SLACK}\"");
  CHECK(hidden("webhook_url_file: /run/secrets/x") == "webhook_url_file: /run/secrets/x");
  CHECK(hidden("rules: [rules/*.yaml]") == "rules: [rules/*.yaml]");
  CHECK(hidden("smtp: \"smtps://mail.x:465\", from: a@x") ==
        "smtp: \"smtps://mail.x:465\", from: a@x");
}

TEST_CASE("Whatever is wrong with a configuration, no error shows its secrets") {
  const std::string secret = "S3CR3T";
  const std::vector<std::string> bodies = {
      "channels:\n  a: {slack: {webhook_url: \"https://h.example/S3CR3T\", foo: 1}}\n",
      "channels:\n  a: {slack: {webhook_url: \"https://h.example/S3CR3T}}\n",
      "channels:\n  a: {slack: \"https://h.example/S3CR3T\"}\n",
      "channels:\n  a: {slack: {webhook_url: S3CR3T}}\n",
      "channels:\n  a: {slack: {webhook_url: [S3CR3T]}}\n",
      "channels:\n  a: {slack: {webhook_url: !S3CR3T}}\n",
      "channels:\n  a:\n    webhook:\n      url: https://h.example/\n      hmac_secret: S3CR3T: "
      "x\n",
      "channels:\n  a:\n    webhook:\n      url: https://h.example/S3CR3T\n      hmac_secret:\n    "
      "    "
      "S3CR3T S3CR3T: x\n",
      "channels:\n  a: {webhook: {url: \"ftp://S3CR3T\"}}\n",
      "channels:\n  a: {webhook: {url: \"${V}\"}}\n",
      "channels:\n  a: {webhook: {url: \"https://h.example/${V}/S3CR3T\"}}\n",
      "sources: [{kafka: {brokers: [\"a:1\"], topics: [x], sasl: {mechanism: plain, user: u, "
      "password: S3CR3T, x: y}}}]\n",
      "sources: [{kafka: {brokers: [\"${V}\"], topics: [x]}}]\n",
      "sources: [{kafka: {brokers: [\"a:1\"], topics: [x], properties: {ssl.key.password: !S3CR3T "
      "}}}]\n",
      "time_zone: x\nstate: {memory: 1, path: x}\npublic_url: \"${V}\"\n",
  };
  for (const auto& body : bodies) {
    MemoryFiles files({{"tocsin.yaml", body}});
    const auto loaded =
        load({.config_path = "tocsin.yaml", .files = files, .environment = [](const std::string&) {
                return "ftp:S3CR3T";
              }});
    CHECK_FALSE(loaded.ok());
    for (const auto& d : loaded.diagnostics) {
      INFO(body);
      CHECK(render(d).find(secret) == std::string::npos);
    }
  }
}
