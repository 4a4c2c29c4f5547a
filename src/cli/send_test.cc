// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/engine_parts.h"
#include "cli/exit_code.h"
#include "cli/real_clock.h"
#include "cli/real_files.h"
#include "cli/terminal.h"
#include "cli/test_notice.h"
#include "document/utf8.h"
#include "net/curl_transport.h"
#include "rule/nearest_word.h"

namespace tocsin {
namespace {

struct SendTestOptions {
  std::string config;
  std::vector<std::string> channels;
  bool all = false;
};

// One message to one destination of a channel, and what came of it.
struct Attempt {
  const Channel* channel = nullptr;
  Notice notice;
  Message message;
  std::string destination;
  std::chrono::steady_clock::time_point begun;
  Millis took{0};
  Form form = Form::full;
  std::size_t part = 0;
  std::string memory;
  std::optional<Response> response;
  Outcome outcome;
};

using Channels = std::vector<std::unique_ptr<Channel>>;

class Sending {
 public:
  explicit Sending(Transport& transport) : transport_(transport) {}

  void run(std::vector<Attempt>& attempts) {
    for (Attempt& attempt : attempts) start(attempt);
    while (
        std::any_of(attempts.begin(), attempts.end(), [](const Attempt& a) { return !a.response; }))
      transport_.poll(Millis{1'000});
  }

 private:
  void start(Attempt& attempt) {
    attempt.begun = clock_.monotonic();
    send(attempt);
  }

  void send(Attempt& attempt) {
    transport_.send(attempt.channel->request({.notice = attempt.notice,
                                              .message = attempt.message,
                                              .form = attempt.form,
                                              .now = clock_.wall(),
                                              .destination = attempt.destination,
                                              .part = attempt.part,
                                              .memory = attempt.memory}),
                    [this, &attempt](const Response& response) { answered(attempt, response); });
  }

  void answered(Attempt& attempt, const Response& response) {
    attempt.outcome = attempt.channel->classify(response);
    // As the engine does: once more in the plainest form.
    if (attempt.outcome.verdict == Outcome::Verdict::degrade && attempt.form == Form::full) {
      attempt.form = Form::plain;
      send(attempt);
      return;
    }
    if (attempt.outcome.memory) attempt.memory = *attempt.outcome.memory;
    if (attempt.outcome.verdict == Outcome::Verdict::delivered &&
        attempt.part + 1 < attempt.channel->parts(attempt.notice)) {
      ++attempt.part;
      send(attempt);
      return;
    }
    attempt.took = std::chrono::ceil<Millis>(clock_.monotonic() - attempt.begun);
    attempt.response = response;
  }

  RealClock clock_;
  Transport& transport_;
};

// What a person can do about it.
std::string advice(const Attempt& attempt) {
  using Verdict = Outcome::Verdict;
  switch (attempt.outcome.verdict) {
    case Verdict::delivered: return {};
    case Verdict::retry:
      return attempt.response->status == 0
                 ? "Look whether the address is right, and whether this machine may reach it."
                 : "That may pass: try again. The engine would, for 24 h.";
    case Verdict::pause: return "It wants fewer messages for now: try again later.";
    case Verdict::degrade:
    case Verdict::park:
      return "It refuses this message for good: look at what it says, and at the address.";
    case Verdict::broken:
      return "Nothing will arrive before that is mended: its address, password or permission in "
             "tocsin.yaml.";
  }
  return {};
}

// Prints a line an attempt; true if all were delivered.
bool print(const std::vector<Attempt>& attempts, const Terminal& terminal) {
  std::size_t width = 0;
  const auto label = [](const Attempt& a) {
    return a.channel->name() + (a.destination.empty() ? "" : " " + a.destination);
  };
  for (const Attempt& attempt : attempts) width = std::max(width, columns_of(label(attempt)));
  bool good = true;
  for (const Attempt& attempt : attempts) {
    const bool delivered = attempt.outcome.verdict == Outcome::Verdict::delivered;
    good = good && delivered;
    const std::string took = fmt::format("{} ms", attempt.took.count());
    const std::string mark =
        delivered ? terminal.painted(Paint::green, "✓") : terminal.painted(Paint::red, "✗");
    const std::string what = !delivered ? "failed: it " + attempt.outcome.reason
                             : attempt.form == Form::plain
                                 ? "delivered, but only in its plainest form"
                                 : "delivered";
    std::printf("%s  %s  %s  %s\n", padded(label(attempt), width).c_str(), mark.c_str(),
                padded_left(took, 8).c_str(), what.c_str());
    if (!delivered) {
      std::printf("%s     %s\n", std::string(width, ' ').c_str(), advice(attempt).c_str());
    }
  }
  return good;
}

// The channels asked for; nothing if one is none, and told.
std::optional<std::vector<const Channel*>> chosen(const Channels& channels,
                                                  const SendTestOptions& options) {
  std::vector<const Channel*> found;
  for (const auto& channel : channels) {
    if (options.all) found.push_back(channel.get());
  }
  if (options.all) return found;
  std::vector<std::string_view> names;
  for (const auto& channel : channels) names.push_back(channel->name());
  for (const std::string& name : options.channels) {
    const auto at = std::find(names.begin(), names.end(), name);
    if (at == names.end()) {
      std::fprintf(stderr, "tocsin: there is no channel %s: %s\n", tocsin::quoted(name).c_str(),
                   hint_for(name, names).c_str());
      return std::nullopt;
    }
    found.push_back(channels[static_cast<std::size_t>(at - names.begin())].get());
  }
  return found;
}

// Errors of tocsin.yaml: a channel that has one is not among those that were read. Rule files are
// no matter here.
bool print_errors(const Loaded& loaded) {
  bool any = false;
  for (const auto& diagnostic : loaded.diagnostics) {
    if (diagnostic.level != Diagnostic::Level::error || diagnostic.file != loaded.config.path) {
      continue;
    }
    any = true;
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  return any;
}

int send_test(const SendTestOptions& options) {
  RealFiles files;
  const Loaded loaded =
      load({config_path(options.config), Purpose::run, files, real_environment()});
  const Channels channels = make_channels(loaded.config);
  const auto is_read = [&](const std::string& name) {
    return std::any_of(channels.begin(), channels.end(),
                       [&](const auto& channel) { return channel->name() == name; });
  };
  const bool all_read =
      !options.all && std::all_of(options.channels.begin(), options.channels.end(), is_read);
  if (!all_read && print_errors(loaded)) return kExitConfig;
  const auto to = chosen(channels, options);
  if (!to) return kExitUsage;
  if (to->empty()) {
    std::fprintf(stderr, "tocsin: %s has no channels\n", loaded.config.path.c_str());
    return kExitConfig;
  }
  auto transport = CurlTransport::create();
  if (!transport) {
    std::fprintf(stderr, "tocsin: %s\n", transport.error().message.c_str());
    return kExitFound;
  }
  const RealClock clock;
  std::vector<Attempt> attempts;
  for (const Channel* channel : *to) {
    for (const std::string& destination : channel->destinations()) {
      Attempt attempt;
      attempt.channel = channel;
      attempt.notice = test_notice(channel->name(), loaded.config.time_zone, clock.wall());
      attempt.message = test_message(attempt.notice);
      attempt.destination = destination;
      attempts.push_back(std::move(attempt));
    }
  }
  Sending(**transport).run(attempts);
  return print(attempts, Terminal::of(1)) ? kExitOk : kExitFound;
}

}  // namespace

void add_send_test(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<SendTestOptions>();
  CLI::App* command =
      app.add_subcommand("send-test", "Send a message that says it is a test to channels");
  command->add_option("--config", options->config, "tocsin.yaml");
  auto* channels = command->add_option("CHANNEL", options->channels, "names of channels");
  auto* all = command->add_flag("--all", options->all, "every channel");
  channels->excludes(all);
  command->callback([options, &slot] {
    if (!options->all && options->channels.empty()) {
      throw CLI::RequiredError("send-test: a channel's name, or --all,");
    }
    slot.run = [options] { return send_test(*options); };
  });
}

}  // namespace tocsin
