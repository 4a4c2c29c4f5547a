// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <sstream>

#include "memory_files.h"
#include "rule/config.h"
#include "rule/load.h"

using namespace tocsin;

namespace {

// A configuration whose only channel is this.
Loaded load_channel(const std::string& channel, const std::string& rest = "") {
  MemoryFiles files({{"/etc/tocsin.yaml", "channels:\n  a: {" + channel + "}\n" + rest},
                     {"/etc/secret", "hush\n"},
                     {"/etc/hook", "https://hooks.company.example/x\n"}});
  return load({.config_path = "/etc/tocsin.yaml",
               .purpose = Purpose::price,
               .files = files,
               .environment = [](const std::string&) { return std::optional<std::string>(); }});
}

std::string channel_errors(const std::string& channel) {
  return told(load_channel(channel).diagnostics, "/etc/tocsin.yaml");
}

template <class Target>
Target target(const std::string& channel, const std::string& rest = "") {
  const Loaded loaded = load_channel(channel, rest);
  CHECK(told(loaded.diagnostics, "/etc/tocsin.yaml").empty());
  REQUIRE(loaded.config.channels.size() == 1);
  return std::get<Target>(loaded.config.channels[0].to);
}

}  // namespace

TEST_CASE("A webhook can have Alertmanager's form, with Tocsin's own address in it") {
  const std::string url = "webhook: {url: \"https://h.example/x\"";
  const std::string rest = "public_url: https://tocsin.company.example\n";
  const auto ours = target<WebhookTarget>(url + "}", rest);
  CHECK(ours.format == WebhookTarget::Format::tocsin);
  CHECK(ours.public_url.empty());
  CHECK(target<WebhookTarget>(url + ", format: tocsin}", rest) == ours);
  const auto theirs = target<WebhookTarget>(url + ", format: alertmanager}", rest);
  CHECK(theirs.format == WebhookTarget::Format::alertmanager);
  CHECK(theirs.public_url == "https://tocsin.company.example");
  CHECK(channel_errors(url + ", format: alertmanger}") ==
        "2:53: unknown format \"alertmanger\" | did you mean \"alertmanager\"? Allowed: tocsin, "
        "alertmanager");
}

TEST_CASE("PagerDuty is read with its key and where it is") {
  const auto usual = target<PagerDutyTarget>("pagerduty: {routing_key: abc}",
                                             "public_url: https://tocsin.company.example\n");
  CHECK(usual.routing_key.reveal() == "abc");
  CHECK(usual.url == "https://events.pagerduty.com");
  CHECK(usual.public_url == "https://tocsin.company.example");
  CHECK(target<PagerDutyTarget>("pagerduty: {routing_key: abc, url: \"http://[::1]:9/\"}").url ==
        "http://[::1]:9");
  CHECK(channel_errors("pagerduty: {}") == "2:18: \"routing_key_file\" is missing");
  CHECK(channel_errors("pagerduty: {routing_key: abc, url: \"http://events.example\"}") ==
        "2:42: the key would be sent for all to read | write https://");
}

TEST_CASE("A webhook of Teams is read from a file or in place") {
  CHECK(target<TeamsTarget>("teams: {webhook_url: \"https://x.example/1\"}").webhook_url.reveal() ==
        "https://x.example/1");
  CHECK(channel_errors("teams: {webhook_url: \"x\"}").find("this is no URL") != std::string::npos);
}

TEST_CASE("Mail goes by one of the services, each with its own keys") {
  const auto by = [](const std::string& keys) {
    return "email: {to: [a@x.example], from: t@x.example, " + keys + "}";
  };
  const auto api = [&](const std::string& keys) {
    return std::get<MailApiTarget>(target<EmailTarget>(by(keys)).by);
  };
  using Service = MailApiTarget::Service;
  CHECK(api("resend: {api_key: k}").service == Service::resend);
  const auto sendgrid = api("sendgrid: {api_key: k, url: \"https://api.eu.sendgrid.com/\"}");
  CHECK(sendgrid.service == Service::sendgrid);
  CHECK(sendgrid.url == "https://api.eu.sendgrid.com");
  CHECK(sendgrid.api_key.reveal() == "k");
  CHECK(api("postmark: {token: k}").scope == "outbound");
  CHECK(api("postmark: {token: k, stream: alerts}").scope == "alerts");
  const auto mailgun = api("mailgun: {domain: mg.x.example, api_key: k}");
  CHECK(mailgun.scope == "mg.x.example");
  CHECK(mailgun.url == "https://api.mailgun.net");
  const auto ses = api("ses: {region: eu-central-1, access_key_id: AKIA1, secret_access_key: k}");
  CHECK(ses.url == "https://email.eu-central-1.amazonaws.com");
  CHECK(ses.access_key_id == "AKIA1");
  CHECK(
      channel_errors(by("ses: {access_key_id: AKIA1, secret_access_key: k}")) ==
      "2:58: \"region\" is missing | write {region: eu-central-1, access_key_id: AKIA\xE2\x80\xA6, "
      "secret_access_key_file: PATH}");
  CHECK(channel_errors(by("mailgun: {domain: \"a/b\", api_key: k}")) ==
        "2:71: this is no domain | it has letters, digits, dots and hyphens only");
  CHECK(channel_errors(by("resend: {api_key: k}, ses: {}")) ==
        "2:80: write resend or ses, not both");
  CHECK(channel_errors(by("postmark: {token: k}, user: u")) ==
        "2:81: \"user\" is for smtp; postmark takes its secret in its own keys");
}

TEST_CASE("A Slack app has a token and a channel in place of an address") {
  const auto app = target<SlackTarget>("slack: {bot_token: xoxb-1, channel: \"#alerts\"}");
  CHECK(app.bot_token.reveal() == "xoxb-1");
  CHECK(app.channel == "#alerts");
  CHECK(app.url == "https://slack.com/api");
  CHECK(channel_errors("slack: {bot_token: xoxb-1}") ==
        "2:14: \"channel\" is missing | write where the app posts: channel: \"#alerts\"");
  CHECK(channel_errors("slack: {channel: C1}") == "2:14: \"bot_token_file\" is missing");
  CHECK(channel_errors("slack: {bot_token_file: f, channel: C1, webhook_url_file: g}") ==
        "2:47: an app has no webhook_url | write one or the other");
}

TEST_CASE("Alertmanager is read with its address and a login") {
  const auto am = target<AlertmanagerTarget>(
      "alertmanager: {url: \"http://am.example:9093/\", user: t, password: p}",
      "public_url: https://tocsin.company.example\n");
  CHECK(am.url.reveal() == "http://am.example:9093/");
  CHECK(am.user == "t");
  CHECK(am.password.reveal() == "p");
  CHECK(am.public_url == "https://tocsin.company.example");
  CHECK(channel_errors("alertmanager: {url: \"http://am.example:9093\", user: t}") ==
        "2:21: this user has no password | add password_file: PATH");
}

TEST_CASE("A fallback is another channel that there is") {
  const std::string b = "  b: {webhook: {url: \"https://h.example\"}}\n";
  const auto loaded = load_channel("teams: {webhook_url: \"https://x.example/1\"}, fallback: b", b);
  CHECK(told(loaded.diagnostics, "/etc/tocsin.yaml").empty());
  CHECK(loaded.config.channels.at(0).fallback == "b");
  const auto errors = [&](const std::string& fallback) {
    return told(
        load_channel("teams: {webhook_url: \"https://x.example/1\"}, fallback: " + fallback, b)
            .diagnostics,
        "/etc/tocsin.yaml");
  };
  CHECK(errors("c") == "2:62: unknown channel \"c\" | did you mean \"b\"? Allowed: b");
  CHECK(errors("a") == "2:62: a fallback is another channel");
  CHECK(channel_errors("fallback: b").find("this channel is nothing yet: slack, webhook, ") !=
        std::string::npos);
}
