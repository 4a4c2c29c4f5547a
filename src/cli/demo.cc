// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include "cli/commands.h"
#include "cli/demo_show.h"
#include "cli/exit_code.h"
#include "cli/interruption.h"

namespace tocsin {
namespace {

constexpr int kSignalled = 128;

void print_your_turn(DemoScreen& screen) {
  const std::string program = program_invocation_name;
  const auto line = [&](std::string_view command, std::string_view why) {
    screen.print({{Paint::plain, fmt::format("  {} {:<43} ", program, command)},
                  {Paint::dim, std::string(why)}});
  };
  screen.print({{Paint::bold, "Your turn:"}});
  line("backtest --from requests.jsonl --suggest", "your own file: what would have rung?");
  line("init --brokers HOST:9092 --topic TOPIC", "your own Kafka: writes tocsin.yaml and rules/");
}

int failed(const Error& error, const DemoShow& show) {
  std::fprintf(stderr, "\ntocsin demo: %s\n", error.message.c_str());
  const std::string tail = show.log_tail();
  if (!tail.empty()) std::fprintf(stderr, "The engine's log ends:\n%s", tail.c_str());
  if (tail.find("disk is full") != std::string::npos) {
    std::fprintf(stderr, "Free some space, or set TMPDIR to a place that has more.\n");
  }
  return kExitFound;
}

int told(const DemoOptions& options, DemoScreen& screen, DemoShow& show) {
  const bool serves = screen.is_terminal() && !options.once;
  screen.print({});
  screen.print({{Paint::bold, "It rang at 50, 80, 95 and 100%, and a kill -9 cost nothing."},
                {Paint::plain, serves ? " What Slack got: " + show.page() : ""}});
  print_your_turn(screen);
  if (!serves) return kExitOk;
  screen.print({});
  screen.print({{Paint::dim, "The page, the broker and the engine stay until Ctrl-C."}});
  const auto served = show.serve();
  screen.print({});  // after the terminal's own ^C
  if (served.error().message.empty()) return kExitOk;
  return failed(served.error(), show);
}

int play(const DemoOptions& options) {
  Interruption::listen();
  DemoScreen screen(stdout);
  DemoShow show(options, screen);
  const auto played = show.play();
  int code = kExitOk;
  if (played) {
    code = told(options, screen, show);
  } else if (played.error().message.empty()) {
    // Nobody asked: what we print goes nowhere.
    code = Interruption::asked() == 0 ? kExitFound : kSignalled + Interruption::asked();
  } else {
    screen.finish();
    code = failed(played.error(), show);
  }
  // Once the engine and the folder are gone nothing is worth waiting for.
  leave_in_any_case(code, std::chrono::seconds(3));
  show.close();
  return code;
}

}  // namespace

void add_demo(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<DemoOptions>();
  CLI::App* command = app.add_subcommand(
      "demo", "See it at work: made-up traffic, a budget that fills, messages, a kill -9");
  command->add_flag("--once", options->once, "end when the story is told, on a terminal too");
  command->add_option("--seed", options->seed, "of the traffic: another number, other requests");
  command->add_option("--rate", options->rate, "requests a second")->check(CLI::Range(100, 5'000));
  command->add_option("--port", options->port, "of the page; the next free one if it is taken");
  command->add_flag("--keep", options->keep, "leave the folder with configuration, rules and logs");
  command->callback([options, &slot] { slot.run = [options] { return play(*options); }; });
}

}  // namespace tocsin
