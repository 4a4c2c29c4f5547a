// SPDX-License-Identifier: Apache-2.0
#include "cli/backtest_rules.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "cli/configuration.h"
#include "cli/real_files.h"
#include "cli/yaml_files.h"

namespace tocsin {
namespace {

namespace fs = std::filesystem;

bool there(const std::string& path) {
  std::error_code unknown;
  return fs::exists(path, unknown);
}

// A tocsin.yaml has keys that no rule file has.
bool is_config(const std::string& path) {
  std::ifstream file(path);
  constexpr std::array<std::string_view, 5> kKeys = {
      "sources:", "state:", "channels:", "notify:", "prices:"};
  for (std::string line; std::getline(file, line);) {
    for (const auto key : kKeys) {
      if (line.starts_with(key)) return true;
    }
  }
  return fs::path(path).filename() == "tocsin.yaml";
}

std::optional<RuleSet> configured(const std::string& config, Purpose purpose) {
  auto loaded = load_configuration(config, purpose);
  if (!loaded) return std::nullopt;
  return RuleSet{std::move(loaded->loaded.config), std::move(loaded->loaded.rules),
                 std::make_shared<const PriceList>(std::move(loaded->prices))};
}

// The rules of these files in place of those that `into` has.
bool take_rules(const std::vector<std::string>& paths, RuleSet& into) {
  const auto rule_files = yaml_files(paths, Folders::flat);
  if (!rule_files) {
    std::fprintf(stderr, "tocsin: %s\n", rule_files.error().message.c_str());
    return false;
  }
  RealFiles files;
  const Config& config = into.config;
  RuleContext context{.files = files};
  context.zone = config.time_zone;
  context.max_groups = config.max_groups;
  if (!config.channels.empty()) {
    context.channels.emplace();
    for (const auto& channel : config.channels) context.channels->push_back(channel.name);
  }
  Loaded loaded = load_rules(*rule_files, context);
  for (const auto& diagnostic : loaded.diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  into.rules = std::move(loaded.rules);
  return loaded.ok();
}

}  // namespace

std::optional<RuleSet> load_without_rules(const std::string& config) {
  if (!config.empty() || there("tocsin.yaml")) {
    return configured(config, Purpose::price);
  }
  auto prices = PriceList::built_in();
  if (!prices) {
    std::fprintf(stderr, "%s\n", prices.error().message.c_str());
    return std::nullopt;
  }
  return RuleSet{{}, {}, std::make_shared<const PriceList>(std::move(*prices))};
}

std::optional<RuleSet> load_for_backtest(const BacktestRules& from) {
  if (from.files.empty()) {
    if (from.config.empty() && !there(config_path({}))) {
      std::fprintf(stderr,
                   "tocsin: there is no tocsin.yaml here.\n"
                   "  --rules FILE…  names rule files without one\n"
                   "  --suggest      proposes rules for this input\n");
      return std::nullopt;
    }
    return configured(from.config, Purpose::backtest);
  }
  auto configuration = load_without_rules(from.config);
  if (!configuration || !take_rules(from.files, *configuration)) return std::nullopt;
  return configuration;
}

std::optional<RuleSet> load_to_compare(const std::string& path, const RuleSet& like) {
  if (there(path + "/tocsin.yaml")) return configured(path + "/tocsin.yaml", Purpose::backtest);
  if (is_config(path)) return configured(path, Purpose::backtest);
  RuleSet old = like;
  if (!take_rules({path}, old)) return std::nullopt;
  return old;
}

std::optional<RuleSet> load_text(const std::string& text, const RuleSet& like) {
  class OneFile final : public Files {
   public:
    explicit OneFile(const std::string& text) : text_(text) {}
    Result<std::string> read(const std::string&, std::size_t) override { return text_; }
    Result<std::vector<std::string>> expand(const std::string& pattern) override {
      return std::vector<std::string>{pattern};
    }
    Result<Access> access(const std::string&) override { return Access{}; }

   private:
    const std::string& text_;
  } file(text);
  RuleContext context{.files = file};
  context.zone = like.config.time_zone;
  Loaded loaded = load_rules({"suggested.yaml"}, context);
  for (const auto& diagnostic : loaded.diagnostics) {
    std::fprintf(stderr, "%s\n", render(diagnostic).c_str());
  }
  if (!loaded.ok()) return std::nullopt;
  RuleSet made = like;
  made.rules = std::move(loaded.rules);
  return made;
}

}  // namespace tocsin
