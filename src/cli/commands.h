// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace tocsin {

// A subcommand adds itself to the app; `run` is set to what it does when it was the one called.
struct CommandSlot {
  std::function<int()> run;
};

void add_run(CLI::App& app, CommandSlot& slot);
void add_check(CLI::App& app, CommandSlot& slot);
void add_ack(CLI::App& app, CommandSlot& slot);
void add_backtest(CLI::App& app, CommandSlot& slot);
void add_decode(CLI::App& app, CommandSlot& slot);
void add_dump(CLI::App& app, CommandSlot& slot);
void add_demo(CLI::App& app, CommandSlot& slot);
void add_explain(CLI::App& app, CommandSlot& slot);
void add_notifications(CLI::App& app, CommandSlot& slot);
void add_price(CLI::App& app, CommandSlot& slot);
void add_prices(CLI::App& app, CommandSlot& slot);
void add_reprice(CLI::App& app, CommandSlot& slot);
void add_silence(CLI::App& app, CommandSlot& slot);
void add_skip(CLI::App& app, CommandSlot& slot);
void add_test(CLI::App& app, CommandSlot& slot);
void add_schema(CLI::App& app, CommandSlot& slot);
void add_send_test(CLI::App& app, CommandSlot& slot);
void add_init(CLI::App& app, CommandSlot& slot);
void add_traffic(CLI::App& app, CommandSlot& slot);
void add_version(CLI::App& app, CommandSlot& slot);

}  // namespace tocsin
