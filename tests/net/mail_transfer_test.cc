// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <sstream>

#include "net/curl_transport.h"
#include "net/mime.h"
#include "net/scripted_mail_server.h"
#include "support/contains.h"

using namespace tocsin;
using Hurdle = Response::Hurdle;
using Server = ScriptedMailServer;

namespace {

std::unique_ptr<CurlTransport> mail_transport() {
  auto made = CurlTransport::create();
  REQUIRE(made);
  return std::move(*made);
}

MailRequest mail_to(const Server& server) {
  MailRequest mail;
  mail.server = server.url();
  mail.plaintext_allowed = true;
  mail.from = "tocsin@company.example";
  mail.to = "ada@company.example";
  mail.headers = {{"From", "Tocsin <tocsin@company.example>"}, {"Subject", "[warning] 80%"}};
  mail.text = "Spent $80\n";
  mail.html = "<p>Spent $80</p>\n";
  mail.timeout = Millis{20'000};
  return mail;
}

Response exchange_mail(CurlTransport& transport, MailRequest mail) {
  std::optional<Response> answer;
  transport.send(std::move(mail), [&](const Response& response) { answer = response; });
  while (!answer) transport.poll(Millis{1'000});
  return *answer;
}

// A server that says `reply` to commands that begin with `command`.
Server::Script saying(const std::string& command, const std::string& reply) {
  return [=](const std::string& got) { return got.starts_with(command) ? reply : ""; };
}

Response answer_of(const std::string& command, const std::string& reply) {
  const Server server(saying(command, reply));
  MailRequest mail = mail_to(server);
  mail.user = "tocsin";
  mail.password = "hush";
  return exchange_mail(*mail_transport(), std::move(mail));
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("A mail arrives as two parts of the same, text first, for one recipient") {
  const Server server;
  MailRequest mail = mail_to(server);
  mail.text = ".\n..dots\n" + std::string(300, 'x') + "\nEnd \xE2\x82\xAC\n";
  const Response response = exchange_mail(*mail_transport(), mail);
  CHECK(response.status == 250);
  CHECK(response.body == "2.0.0 Ok");
  CHECK(response.hurdle == Hurdle::none);
  const auto commands = server.commands();
  REQUIRE(commands.size() >= 4);
  CHECK(commands[0] == "EHLO company.example");
  CHECK(commands[1].starts_with("MAIL FROM:<tocsin@company.example>"));
  CHECK(commands[2] == "RCPT TO:<ada@company.example>");
  REQUIRE(server.mails().size() == 1);
  const std::string got = server.mails()[0];
  CHECK(contains(got, "From: Tocsin <tocsin@company.example>\r\nSubject: [warning] 80%\r\n"));
  CHECK(contains(got, "Content-Type: multipart/alternative; boundary="));
  CHECK(contains(got, "Mime-Version: 1.0\r\n"));
  CHECK(contains(got, "Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK(got.find("text/plain") < got.find("text/html"));
  CHECK(contains(got, "Content-Transfer-Encoding: quoted-printable\r\n"));
  CHECK(contains(got, "\r\n\r\n.\r\n..dots\r\nxxx"));
  CHECK(contains(got, "End =E2=82=AC\r\n"));
  CHECK_FALSE(contains(got, "=0A"));
  for (const std::string& line : lines_of(got)) CHECK(line.size() <= 100);
}

TEST_CASE("No value of a header becomes another header, a part or the end of the mail") {
  const Server server;
  MailRequest mail = mail_to(server);
  mail.headers.emplace_back("X-Evil",
                            "a\r\nBcc: eve@evil.example\r\n\r\n.\r\nQUIT\n\xD8\xA7\x01"
                            "b");
  CHECK(exchange_mail(*mail_transport(), mail).status == 250);
  REQUIRE(server.mails().size() == 1);
  const auto lines = lines_of(server.mails()[0]);
  CHECK(std::find(lines.begin(), lines.end(), "X-Evil: aBcc: eve@evil.example.QUITb\r") !=
        lines.end());
  CHECK(std::none_of(lines.begin(), lines.end(),
                     [](const std::string& line) { return line.starts_with("Bcc"); }));
}

TEST_CASE("Headers are folded at blanks") {
  std::string value = "a@x.example";
  for (int i = 0; i < 20; ++i) value += ", recipient-" + std::to_string(i) + "@company.example";
  const std::string header = folded_header("To", value);
  std::string unfolded;
  for (std::string line : lines_of(header)) {
    if (line.ends_with('\r')) line.pop_back();
    CHECK(line.size() <= 76);
    unfolded += line;
  }
  CHECK(unfolded == "To: " + value);
  CHECK(folded_header("Subject", std::string(200, 'x')) == "Subject: " + std::string(200, 'x'));
  CHECK(folded_header("Subject", "") == "Subject:");
}

TEST_CASE("A refusal comes back with its code and text, whoever said it at which step") {
  for (const char* step : {"MAIL", "RCPT", "DATA", "."}) {
    for (const int code : {421, 451, 550, 552}) {
      INFO(step << " " << code);
      const Response response = answer_of(
          step, std::to_string(code) + "-5.1.1 no\r\n" + std::to_string(code) + " 5.1.1 such user");
      CHECK(response.status == code);
      CHECK(response.body == "5.1.1 no 5.1.1 such user");
      CHECK(response.hurdle == Hurdle::none);
      CHECK(response.error.empty());
    }
  }
}

TEST_CASE("A server that does not want to talk, or to us, is a hurdle of its own") {
  CHECK(answer_of("CONNECT", "554 no service for you").hurdle == Hurdle::greeting);
  CHECK(answer_of("CONNECT", "554 no service for you").status == 554);
  CHECK(answer_of("CONNECT", "421 too many").status == 421);
  const Response denied = answer_of("AUTH", "535 5.7.8 wrong");
  CHECK(denied.hurdle == Hurdle::login);
  CHECK(denied.status == 535);
  const Response later = answer_of("AUTH", "454 4.7.0 directory is down");
  CHECK(later.hurdle == Hurdle::login);
  CHECK(later.status == 454);
  const Response unknown = answer_of("EHLO", "250-mail.test\r\n250 AUTH GSSAPI NTLM");
  CHECK(unknown.hurdle == Hurdle::login);
  CHECK(unknown.status == 0);
}

TEST_CASE("Without STARTTLS nothing is sent where it is required, no password and no mail") {
  const Server server;
  MailRequest mail = mail_to(server);
  mail.plaintext_allowed = false;
  mail.user = "tocsin";
  mail.password = "hush";
  const Response response = exchange_mail(*mail_transport(), mail);
  CHECK(response.hurdle == Hurdle::encryption);
  CHECK(response.status == 0);
  for (const std::string& command : server.commands()) {
    CHECK_FALSE(command.starts_with("AUTH"));
    CHECK_FALSE(command.starts_with("MAIL"));
  }
}

TEST_CASE(
    "A connection that ends has no status, wherever it ends; after the mail it may be taken") {
  for (const char* step : {"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
    INFO(step);
    const Response response = answer_of(step, Server::kClose);
    CHECK(response.status == 0);
    CHECK(response.hurdle == Hurdle::none);
    CHECK(response.error.starts_with("127.0.0.1: "));
  }
}

TEST_CASE("A server that says nothing is given up after the timeout") {
  for (const char* step : {"CONNECT", "RCPT", "."}) {
    const Server server(saying(step, Server::kHang));
    MailRequest mail = mail_to(server);
    mail.timeout = Millis{200};
    const Response response = exchange_mail(*mail_transport(), mail);
    CHECK(response.status == 0);
    CHECK(response.error == "127.0.0.1: Timeout was reached");
  }
}

TEST_CASE("A server that does not answer QUIT holds up a refusal for a second, an end not at all") {
  const Server server([refused = 0](const std::string& command) mutable -> std::string {
    if (command == "QUIT") return Server::kHang;
    return command.starts_with("RCPT") && refused++ == 0 ? "550 no such user" : "";
  });
  const auto begin = std::chrono::steady_clock::now();
  {
    const auto sender = mail_transport();
    CHECK(exchange_mail(*sender, mail_to(server)).status == 550);
    CHECK(exchange_mail(*sender, mail_to(server)).status == 250);
  }
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{10});
}

TEST_CASE("Mails of one server go over a kept connection, and over a new one when it was closed") {
  std::atomic<int> mails = 0;
  const Server server([&](const std::string& command) -> std::string {
    // The second mail's end is the server's end of talking.
    if (command == "." && ++mails == 2) return "250 2.0.0 Ok, and good bye";
    if (command.starts_with("MAIL") && mails == 2) {
      ++mails;
      return Server::kClose;
    }
    return "";
  });
  const auto sender = mail_transport();
  CHECK(exchange_mail(*sender, mail_to(server)).status == 250);
  CHECK(exchange_mail(*sender, mail_to(server)).status == 250);
  CHECK(server.connections() == 1);
  CHECK(exchange_mail(*sender, mail_to(server)).status == 0);
  CHECK(exchange_mail(*sender, mail_to(server)).status == 250);
  CHECK(server.connections() == 2);
}

TEST_CASE("The same mail is the same bytes but for the boundary") {
  const Server server;
  const auto sender = mail_transport();
  exchange_mail(*sender, mail_to(server));
  exchange_mail(*sender, mail_to(server));
  std::vector<std::string> mails = server.mails();
  REQUIRE(mails.size() == 2);
  for (std::string& mail : mails) {
    const std::size_t from = mail.find("boundary=") + 9;
    const std::string boundary = mail.substr(from, mail.find('\r', from) - from);
    for (std::size_t at = 0; (at = mail.find(boundary, at)) != std::string::npos;) {
      mail.replace(at, boundary.size(), "B");
    }
  }
  CHECK(mails[0] == mails[1]);
}
