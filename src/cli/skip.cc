// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "cli/commands.h"
#include "cli/configuration.h"
#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/reading_file.h"

namespace tocsin {
namespace {

struct SkipOptions {
  std::string config;
  std::string topic;
  std::int32_t partition = -1;
  std::optional<std::int64_t> until;
};

int no_skip(const std::string& text) {
  std::fprintf(stderr, "tocsin: %s\n", text.c_str());
  return kExitFound;
}

std::string place(const ReadingSlot& slot) {
  return fmt::format("{}[{}]", slot.topic.data(), slot.partition);
}

// One line each.
std::string halted_list(const ReadingFile& file) {
  std::string list;
  for (const ReadingSlot& slot : file.slots()) {
    if (slot.used == 0) break;
    if (slot.halted_at < 0) continue;
    list += fmt::format("{} {}: halted at offset {}\n", slot.topic.data(), slot.partition,
                        slot.halted_at);
  }
  return list.empty() ? "No partition is halted at something that can be skipped.\n" : list;
}

int skip(const SkipOptions& options) {
  const auto configuration = load_configuration(options.config, Purpose::run);
  if (!configuration) return kExitConfig;
  const std::string path = configuration->loaded.config.state.path + "/" + ReadingFile::kName;
  auto file = ReadingFile::open_existing(path);
  if (!file) return no_skip(file.error().message + "; has `tocsin run` been started there?");
  if (options.topic.empty()) {
    std::fputs(halted_list(*file).c_str(), stdout);
    return kExitOk;
  }
  if (options.partition < 0) return no_skip("skip TOPIC PARTITION: the partition is missing");
  const std::int32_t found = file->find({options.topic, options.partition});
  ReadingSlot* slot = found < 0 ? nullptr : &file->slots()[static_cast<std::size_t>(found)];
  if (slot == nullptr || slot->halted_at < 0) {
    return no_skip(fmt::format("{}[{}] is not halted at something that can be skipped.\n{}",
                               options.topic, options.partition, halted_list(*file)));
  }
  const std::int64_t from = slot->halted_at;
  const std::int64_t until = options.until.value_or(from + 1);
  if (until <= from) {
    return no_skip(fmt::format("{} stands at offset {}: --to must be greater", place(*slot), from));
  }
  slot->skip_until.store(until, std::memory_order_release);
  file->sync();
  std::printf(
      "%s goes on at offset %lld; %s from %lld on %s not counted, which the engine route is told.\n"
      "A running Tocsin goes on within a second or two, else the next one does.\n",
      place(*slot).c_str(), static_cast<long long>(until),
      plural(static_cast<std::size_t>(until - from), "offset").c_str(),
      static_cast<long long>(from), until - from == 1 ? "is" : "are");
  return kExitOk;
}

}  // namespace

void add_skip(CLI::App& app, CommandSlot& slot) {
  auto options = std::make_shared<SkipOptions>();
  CLI::App* command = app.add_subcommand(
      "skip", "Go on past what has halted a partition; without a topic, list what is halted");
  command->add_option("topic", options->topic, "the topic");
  command->add_option("partition", options->partition, "its partition");
  command->add_option("--to", options->until, "the offset to go on at; default: the next one");
  command->add_option("--config", options->config, "tocsin.yaml");
  command->callback([options, &slot] { slot.run = [options] { return skip(*options); }; });
}

}  // namespace tocsin
