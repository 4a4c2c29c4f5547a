// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory_resource>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/wide_pages.h"

namespace {

// Else the next file opened would be standard error to all who write there, and get what they say.
void hold_standard_files() {
  for (int file = 0; file <= 2; ++file) {
    if (::fcntl(file, F_GETFD) >= 0) continue;
    if (::open("/dev/null", O_RDWR) != file) return;  // the lowest that is free
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tocsin;
  hold_standard_files();
  static WidePages wide_pages;  // of the tables of ids
  std::pmr::set_default_resource(&wide_pages);
  CLI::App app{"Alerts on LLM spend within milliseconds of the request that crossed the line.",
               "tocsin"};
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);
  CommandSlot slot;
  add_run(app, slot);
  add_check(app, slot);
  add_backtest(app, slot);
  add_decode(app, slot);
  add_dump(app, slot);
  add_demo(app, slot);
  add_explain(app, slot);
  add_notifications(app, slot);
  add_price(app, slot);
  add_prices(app, slot);
  add_test(app, slot);
  add_schema(app, slot);
  add_send_test(app, slot);
  add_silence(app, slot);
  add_ack(app, slot);
  add_skip(app, slot);
  add_reprice(app, slot);
  add_init(app, slot);
  add_traffic(app, slot);
  add_version(app, slot);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "tocsin: %s\n%s", error.what(), "Run tocsin --help for what there is.\n");
    return kExitUsage;
  }
  return slot.run();
}
