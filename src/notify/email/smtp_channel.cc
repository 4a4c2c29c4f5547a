// SPDX-License-Identifier: Apache-2.0
#include "notify/email/smtp_channel.h"

#include "notify/email/email_html.h"
#include "notify/email/email_text.h"
#include "notify/email/mail_headers.h"
#include "notify/email/reply_text.h"
#include "notify/plain_text.h"

namespace tocsin {
namespace {

using Hurdle = Response::Hurdle;
using Verdict = Outcome::Verdict;

// Replies that mean "log in", whichever command they answer (RFC 4954).
bool wants_login(int status) {
  return status == 530 || status == 534 || status == 535 || status == 538;
}

Outcome outcome(Verdict verdict, std::string reason) {
  return {verdict, std::nullopt, std::move(reason)};
}

}  // namespace

std::vector<std::string> SmtpChannel::destinations() const {
  std::vector<std::string> addresses;
  for (const MailAddress& recipient : config_.to) addresses.push_back(recipient.address);
  return addresses;
}

Request SmtpChannel::request(const Telling& telling) const {
  const std::string domain = config_.from.domain();
  std::string to;
  for (const MailAddress& recipient : config_.to) {
    to += (to.empty() ? "" : ", ") + header_address(recipient);
  }
  MailRequest mail;
  mail.server = config_.server;
  mail.plaintext_allowed = config_.plaintext_allowed;
  mail.ca_file = config_.ca_file;
  mail.user = config_.user;
  mail.password = config_.password;
  mail.from = config_.from.address;
  mail.to = telling.destination;
  mail.headers = {{"From", header_address(config_.from)},
                  {"To", to},
                  {"Subject", header_text(email_subject(telling.notice, telling.message))},
                  {"Date", mail_date(telling.notice.composed_at)},
                  {"Message-ID", message_id(telling.notice, domain)}};
  for (auto& header : thread_headers(telling.notice, domain)) {
    mail.headers.push_back(std::move(header));
  }
  mail.text = email_text(telling.notice, telling.message);
  mail.html = email_html(telling.notice, telling.message);
  mail.timeout = config_.timeout;
  return mail;
}

// "550 (5.1.1 no such user)".
std::string SmtpChannel::said(const Response& response) const {
  const std::string text = reply_text(
      response.body,
      {.shown = destinations(), .secrets = login_secrets(config_.user, config_.password)});
  return std::to_string(response.status) + (text.empty() ? "" : " (" + text + ")");
}

Outcome SmtpChannel::classify(const Response& response) const {
  const int status = response.status;
  if (status >= 200 && status < 300) return {Verdict::delivered, std::nullopt, ""};
  if (status >= 400 && status < 500) return outcome(Verdict::retry, "answered " + said(response));
  const std::string cause = response.error.empty() ? said(response) : clean_text(response.error);
  switch (response.hurdle) {
    case Hurdle::certificate:
      return outcome(Verdict::broken, "could not prove who it is (" + cause +
                                          "); if its certificate is of a CA of your own, name "
                                          "that as ca_file");
    case Hurdle::encryption:
      return outcome(Verdict::broken,
                     "offers no STARTTLS, and without it nothing is sent; if it wants TLS from the "
                     "first byte on, write smtps://");
    case Hurdle::login:
      return outcome(Verdict::broken, "refused the login: " + cause + "; mend user or password");
    case Hurdle::greeting:
      return outcome(Verdict::broken, "does not talk to this machine: " + cause);
    case Hurdle::none: break;
  }
  if (status == 0) return outcome(Verdict::retry, "gave no answer (" + cause + ")");
  if (wants_login(status)) {
    return outcome(Verdict::broken, "wants a login: " + cause + "; mend user or password");
  }
  return outcome(status >= 500 ? Verdict::park : Verdict::retry, "answered " + cause);
}

}  // namespace tocsin
