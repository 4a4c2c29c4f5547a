// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "memory_files.h"
#include "rule/config.h"
#include "rule/mail_address.h"

using namespace tocsin;

namespace {

constexpr const char* kSmtp = "smtp: \"smtps://mail.company.example\"";

// A configuration whose only channel is a mail of these keys.
Loaded load_email(const std::string& keys, Purpose purpose = Purpose::price) {
  MemoryFiles files({{"/etc/tocsin.yaml", "channels:\n  a: {email: {" + keys + "}}\n"},
                     {"/etc/password", "hush\n"},
                     {"/etc/ca.pem", "PEM"}});
  return load({.config_path = "/etc/tocsin.yaml",
               .purpose = purpose,
               .files = files,
               .environment = [](const std::string& name) -> std::optional<std::string> {
                 if (name == "KEY") return "re_123";
                 if (name == "EVIL") return "a@x.example\r\nBcc: eve@evil.example";
                 return std::nullopt;
               }});
}

// What is told, but for what is missing in the rest of the configuration.
std::string email_errors(const std::string& keys, Purpose purpose = Purpose::price) {
  std::string kept;
  std::istringstream lines(told(load_email(keys, purpose).diagnostics, "/etc/tocsin.yaml"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("0:0")) kept += (kept.empty() ? "" : "\n") + line;
  }
  return kept;
}
std::string errors_to(const std::string& to) {
  return email_errors("to: [" + to + "], from: t@x.example, " + kSmtp);
}
std::string errors_by(const std::string& by, Purpose purpose = Purpose::price) {
  return email_errors("to: [a@x.example], from: t@x.example, " + by, purpose);
}

EmailTarget email(const std::string& by) {
  const auto loaded = load_email("to: [a@x.example], from: t@x.example, " + by, Purpose::run);
  REQUIRE(loaded.config.channels.size() == 1);
  return std::get<EmailTarget>(loaded.config.channels[0].to);
}

}  // namespace

TEST_CASE("Mail by SMTP is read with all its keys") {
  const auto target = email(
      "smtp: \"smtp://mail.company.example:587\", user: tocsin, password_file: password, "
      "ca_file: ca.pem");
  const auto& smtp = std::get<SmtpTarget>(target.by);
  CHECK(smtp.server == "smtp://mail.company.example:587");
  CHECK_FALSE(smtp.plaintext_allowed);
  CHECK(smtp.user == "tocsin");
  CHECK(smtp.password.reveal() == "hush");
  CHECK(smtp.password.file() == "/etc/password");
  CHECK(smtp.ca_file == "/etc/ca.pem");
}

TEST_CASE("Plaintext is allowed to this machine alone") {
  const auto plain = [](const std::string& server) {
    return std::get<SmtpTarget>(email("smtp: \"" + server + "\"").by).plaintext_allowed;
  };
  CHECK(plain("smtp://127.0.0.1:2525"));
  CHECK(plain("smtp://localhost"));
  CHECK(plain("smtp://[::1]:25"));
  CHECK_FALSE(plain("smtps://127.0.0.1:465"));
  CHECK_FALSE(plain("smtp://127.0.0.1.evil.example"));
  CHECK_FALSE(plain("smtp://127.evil.example"));
  CHECK_FALSE(plain("smtp://10.0.0.1"));
}

TEST_CASE("Mail by Resend is read with all its keys") {
  const auto target = email("resend: {api_key: \"${KEY}\"}");
  CHECK(std::get<MailApiTarget>(target.by).url == "https://api.resend.com");
  CHECK(std::get<MailApiTarget>(target.by).api_key.reveal() == "re_123");
  const auto own = email("resend: {api_key_file: password, url: \"http://127.0.0.1:8025/api/\"}");
  CHECK(std::get<MailApiTarget>(own.by).url == "http://127.0.0.1:8025/api");
}

TEST_CASE("What mail lacks is told") {
  CHECK(email_errors("from: t@x.example, " + std::string(kSmtp)) ==
        "2:14: \"to\" is missing | add to: [finance@company.example]");
  CHECK(email_errors("to: [a@x.example], " + std::string(kSmtp)) ==
        "2:14: \"from\" is missing | add from: tocsin@company.example");
  CHECK(email_errors("to: [a@x.example], from: t@x.example") ==
        "2:14: \"smtp\" is missing | add smtp: \"smtps://mail.company.example\", or resend: "
        "{api_key_file: PATH}");
  CHECK(errors_by("resend: {}") == "2:61: \"api_key_file\" is missing");
  CHECK(email_errors("to: [], from: t@x.example, " + std::string(kSmtp))
            .starts_with("2:19: this list is empty"));
  CHECK(email_errors("to: a@x.example, from: t@x.example, " + std::string(kSmtp)) ==
        "2:19: a list must stand here | write a list such as [finance@company.example]");
}

TEST_CASE("Unknown keys get the nearest") {
  CHECK(errors_by("smpt: x").starts_with(
      "2:53: unknown key \"smpt\" | did you mean \"smtp\"? Allowed: to, from, "));
  CHECK(errors_by("resend: {api_key_fil: x}")
            .starts_with("2:62: unknown key \"api_key_fil\" | did you mean \"api_key_file\"?"));
}

TEST_CASE("An address is one, and says what is wrong with it") {
  for (const char* good : {"a@x", "a.b+c@mail.company.example", "\"Ada Lovelace <a@x.example>\"",
                           "\"\\\"Ada\\\" <a@x.example>\"", "<a@x.example>"}) {
    INFO(good);
    CHECK(errors_to(good).empty());
  }
  CHECK(errors_to("ada") ==
        "2:20: \"ada\" has no @ | write ada@company.example or \"Ada <ada@company.example>\"");
  CHECK(errors_to("a@b@c").starts_with("2:20: \"a@b@c\" has more than one @"));
  for (const char* bad :
       {"\"a b@x\"", "\"@x\"", "a@", ".a@x", "a..b@x", "a@-x", "a@x..y", "a@x_y", "\"a@[1.2.3.4]\"",
        "\"<a@x\"", "a@x>", "\"Ada <a@x> <b@x>\"", "\"a@x;b@x\"", "\"A <>\"", "\"a@x \""}) {
    INFO(bad);
    CHECK_FALSE(errors_to(bad).empty());
  }
  CHECK(errors_to("a@b\xC3\xBC"
                  "cher.example")
            .find("beyond ASCII") != std::string::npos);
  CHECK(errors_to("a@x.example, b@x.example, A@X.example") ==
        "2:46: \"A@X.example\" is here twice");
  CHECK(errors_to("\"${EVIL}\"")
            .starts_with("2:20: \"a@x.example\\x0D\\x0ABcc: eve@evil.example\""
                         " holds a control character"));
}

TEST_CASE("No address holds what could end a header or an envelope") {
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    for (const std::string& text :
         {"a" + std::string(1, c) + "b@x.example", "a@x" + std::string(1, c) + "y.example",
          "A" + std::string(1, c) + " <a@x.example>"}) {
      const auto address = parse_mail_address(text);
      if (!address) continue;
      for (const char in : address->address) CHECK((in > 0x20 && in < 0x7f));
      CHECK(address->address.find_first_of("<>()[],;:\\\"") == std::string::npos);
      CHECK(address->name.find_first_of("\r\n\"\\<>") == std::string::npos);
    }
  }
}

TEST_CASE("A mail server is a scheme, a host and perhaps a port") {
  CHECK(errors_by("smtp: \"smtps://mail.company.example:465\"").empty());
  for (const char* bad :
       {"mail.company.example", "http://h", "smtp://", "smtp://h:0", "smtp://h:70000", "smtp://h:x",
        "smtp://h/path", "smtp://h?x", "smtp://h x", "smtp://[::1", "SMTP://h", "smtp://h:"}) {
    INFO(bad);
    CHECK(errors_by("smtp: \"" + std::string(bad) + "\"")
              .starts_with("2:59: this is no mail server"));
  }
  CHECK(errors_by("smtp: \"smtp://tocsin:hush@mail.company.example\"") ==
        "2:59: who logs in is no part of the server | write user: NAME and password_file: PATH "
        "beside smtp");
}

TEST_CASE("User and password go together, and belong to SMTP") {
  const std::string smtp = kSmtp;
  CHECK(errors_by(smtp + ", user: x").find("this user has no password | add password_file: PATH") !=
        std::string::npos);
  CHECK(errors_by(smtp + ", password: x").find("a password of nobody | add user: NAME") !=
        std::string::npos);
  CHECK(errors_by(smtp + ",\n user: x,\n password_file: y,\n password: x")
            .find("write password or password_file, not both") != std::string::npos);
  CHECK(errors_by("user: x, resend: {api_key: y}") ==
        "2:59: \"user\" is for smtp; resend takes its secret in its own keys");
  CHECK(errors_by(smtp + ", resend: {api_key: y}").find("write smtp or resend, not both") !=
        std::string::npos);
}

TEST_CASE("The key of an API is not sent for all to read") {
  CHECK(errors_by("resend: {api_key: x, url: \"http://127.0.0.1:8025\"}").empty());
  CHECK(errors_by("resend: {api_key: x, url: \"http://proxy.example\"}") ==
        "2:79: the key would be sent for all to read | write https://");
  CHECK(errors_by("resend: {api_key: x, url: nope}").find("this is no URL") != std::string::npos);
}

TEST_CASE("To run, the password and the certificates must be there") {
  const std::string smtp = kSmtp;
  CHECK(errors_by(smtp + ", ca_file: nope.pem", Purpose::run)
            .find("cannot read /etc/nope.pem: no such file") != std::string::npos);
  CHECK(errors_by(smtp + ", ca_file: nope.pem").empty());
  CHECK(errors_by(smtp + ", user: x, password_file: nope", Purpose::run)
            .find("cannot read /etc/nope: no such file") != std::string::npos);
}
