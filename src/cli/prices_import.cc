// SPDX-License-Identifier: Apache-2.0
#include "cli/prices_import.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/exit_code.h"
#include "cli/plural.h"
#include "cli/real_clock.h"
#include "cli/real_files.h"
#include "document/source_text.h"
#include "price/day_text.h"
#include "price/describe.h"
#include "price/import.h"
#include "price/json_tree.h"
#include "price/load.h"
#include "price/price_list.h"
#include "price/write_yaml.h"

namespace tocsin {
namespace {

struct ImportOptions {
  std::string from, file, folder, release, day;
  bool fewer = false;
};

// What is said above a file's prices: whose they are.
std::string head_of_genai(const ImportOptions& options) {
  return fmt::format(
      "# SPDX-License-Identifier: Apache-2.0 AND MIT\n"
      "# Figures converted {} from the data of genai-prices{} by Pydantic Services Inc.\n"
      "# (MIT licence, SPDX MIT, text at https://spdx.org/licenses/MIT.html) by `tocsin prices\n"
      "# import`, which overwrites this file: a change of yours belongs in another, which comes\n"
      "# after it. US dollars; per_mtok: per million, per_1k: per thousand, per_hour: per 3,600.\n",
      options.day, options.release.empty() ? "" : " " + options.release);
}

// The comments that a file begins with, and whose the prices are that are added.
std::string head_of_litellm(const std::string& text, const ImportOptions& options) {
  std::string head;
  for (std::size_t at = 0; at < text.size() && text[at] == '#';) {
    const std::size_t end = std::min(text.find('\n', at), text.size() - 1) + 1;
    const std::string line = text.substr(at, end - at);
    if (line.find("LiteLLM") == std::string::npos) head += line;
    at = end;
  }
  const std::string release = options.release.empty() ? "" : ", " + options.release;
  return head + fmt::format("# LiteLLM's list of models (MIT licence){}: variants from {} on.\n",
                            release, options.day);
}

void print_errors(const Diagnostics& diagnostics) {
  for (const auto& one : diagnostics) std::fprintf(stderr, "%s\n", render(one).c_str());
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "tocsin: %s\nNothing is changed.\n", why.c_str());
  return kExitFound;
}

using PriceTexts = std::map<std::string, std::string>;  // of files, by provider

std::optional<prices::Catalogue> read_all(const PriceTexts& texts) {
  prices::Catalogue catalogue;
  Diagnostics diagnostics;
  for (const auto& [name, text] : texts) {
    auto provider = prices::load_provider(name + ".yaml", text, catalogue.texts, diagnostics);
    if (provider) catalogue.add(std::move(*provider));
  }
  print_errors(diagnostics);
  if (has_errors(diagnostics)) return std::nullopt;
  return catalogue;
}

// The files of a folder that are there already; none if there is no folder.
std::optional<PriceTexts> files_of(const std::string& folder) {
  PriceTexts texts;
  if (folder.empty()) return texts;
  RealFiles files;
  const auto paths = files.expand(folder + "/*.yaml");
  for (const std::string& path : paths ? *paths : std::vector<std::string>()) {
    auto text = files.read(path, kYamlBytesMax);
    if (!text) {
      (void)refuse(path + ": " + text.error().message);
      return std::nullopt;
    }
    texts.emplace(std::filesystem::path(path).stem().string(), std::move(*text));
  }
  return texts;
}

// Names that we gave a provider beside those of the list.
void keep_names(const prices::Catalogue& now, prices::Catalogue& next) {
  const auto add = [&](std::vector<std::string_view>& to,
                       const std::vector<std::string_view>& names) {
    for (const std::string_view name : names) {
      if (std::find(to.begin(), to.end(), name) == to.end()) {
        to.push_back(next.texts.keep(std::string(name)));
      }
    }
  };
  for (prices::Provider& provider : next.providers) {
    for (const prices::Provider& old : now.providers) {
      if (old.name != provider.name) continue;
      add(provider.aliases, old.aliases);
      add(provider.fallback_for, old.fallback_for);
    }
  }
}

class Import {
 public:
  explicit Import(ImportOptions options) : options_(std::move(options)) {}

  int run() {
    if (options_.day.empty()) {
      constexpr std::int64_t kDay = 86'400'000;
      options_.day = prices::day_text(to_ms(as_event_time(RealClock().wall())) / kDay * kDay);
    }
    RealFiles files;
    const auto list = files.read(options_.file, prices::kJsonListMax);
    if (!list) return refuse(options_.file + ": " + list.error().message);
    auto there = files_of(options_.folder);
    if (!there) return kExitFound;
    const auto built_in = PriceList::built_in();
    if (!built_in) return fail(built_in.error());
    const auto of_folder = read_all(*there);
    if (!of_folder) return refuse("the files that are there cannot be read");
    const prices::Catalogue& now = there->empty() ? built_in->catalogue() : *of_folder;
    PriceTexts next = *there;
    const bool good =
        options_.from == "litellm" ? complete(*list, now, next) : renew(*list, now, next);
    if (!good) return refuse("the list is refused whole");
    return compare_and_write(now, *there, next);
  }

 private:
  bool renew(const std::string& list, const prices::Catalogue& now, PriceTexts& next) {
    Diagnostics diagnostics;
    auto imported = prices::import_genai(options_.file, list, options_.day, diagnostics);
    print_errors(diagnostics);
    if (!imported) return false;
    keep_names(now, *imported);
    next.clear();
    for (const prices::Provider& provider : imported->providers) {
      next[std::string(provider.name)] = write_yaml(provider, head_of_genai(options_));
    }
    return true;
  }

  bool complete(const std::string& list, const prices::Catalogue& now, PriceTexts& next) {
    prices::Catalogue ours;
    ours.providers = now.providers;  // their texts live as long as `now`
    Diagnostics diagnostics;
    const auto done =
        prices::complete_litellm(options_.file, list, options_.day, ours, diagnostics);
    print_errors(diagnostics);
    if (!done) return false;
    const bool of_files = !next.empty();
    for (const prices::Provider& provider : ours.providers) {
      const std::string name(provider.name);
      const bool completed =
          std::find(done->completed.begin(), done->completed.end(), name) != done->completed.end();
      if (of_files && !completed) continue;
      next[name] = write_yaml(
          provider, of_files ? head_of_litellm(next[name], options_) : head_of_genai(options_));
    }
    disagreements_ = done->disagreements;
    std::printf("%zu of its models are ours, %zu are not; %s added\n", done->models, done->others,
                plural(done->variants, "variant").c_str());
    return true;
  }

  int compare_and_write(const prices::Catalogue& now, const PriceTexts& there,
                        const PriceTexts& next) {
    // What would be written is read again: what is compared is what will count.
    const auto read = read_all(next);
    if (!read) return refuse("the list cannot be written as price files");
    const prices::Changes changes = prices::compare(now, *read);
    for (const std::string& line : changes.lines) std::printf("%s\n", line.c_str());
    for (const std::string& line : disagreements_) std::printf("? %s\n", line.c_str());
    std::printf("against %s: %zu models come, %zu go, %zu change; %zu instead of %zu\n",
                there.empty() ? "the built-in prices" : options_.folder.c_str(), changes.added,
                changes.removed, changes.changed, changes.models_next, changes.models_now);
    if (changes.shrinks() && !options_.fewer) {
      return refuse(
          fmt::format("{} models would be left of {}: more than a tenth would go. If "
                      "that is meant, say --fewer",
                      changes.models_next, changes.models_now));
    }
    if (options_.folder.empty()) {
      std::printf("nothing is written without --write FOLDER\n");
      return kExitOk;
    }
    return write_all(there, next);
  }

  int write_all(const PriceTexts& there, const PriceTexts& next) {
    std::error_code wrong;
    std::filesystem::create_directories(options_.folder, wrong);
    std::size_t written = 0;
    for (const auto& [name, text] : next) {
      const auto same = there.find(name);
      if (same != there.end() && same->second == text) continue;
      if (!write(name + ".yaml", text)) return kExitFound;
      ++written;
    }
    for (const auto& [name, text] : there) {
      if (next.find(name) == next.end()) {
        std::printf("%s/%s.yaml is not in the list; it stays\n", options_.folder.c_str(),
                    name.c_str());
      }
    }
    if (!disagreements_.empty()) {
      std::string text;
      for (const std::string& line : disagreements_) text += line + '\n';
      if (!write("disagreements.txt", text)) return kExitFound;
    }
    std::printf("%s written to %s\n", plural(written, "price file").c_str(),
                options_.folder.c_str());
    return kExitOk;
  }

  bool write(const std::string& name, const std::string& text) const {
    const std::string path = options_.folder + "/" + name;
    const std::string beside = path + ".new";
    std::ofstream file(beside, std::ios::binary);
    file << text;
    file.close();
    std::error_code wrong;
    if (file) std::filesystem::rename(beside, path, wrong);
    if (file && !wrong) return true;
    std::fprintf(stderr, "tocsin: cannot write %s\n", path.c_str());
    return false;
  }

  ImportOptions options_;
  std::vector<std::string> disagreements_;
};

}  // namespace

void add_prices_import(CLI::App& prices, CommandSlot& slot) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* const command = prices.add_subcommand(
      "import", "Renew price files from a public list, and say what would change");
  command->add_option("--from", options->from, "whose list it is: genai-prices, or litellm")
      ->required()
      ->check(CLI::IsMember({"genai-prices", "litellm"}));
  command->add_option("FILE", options->file, "the list, as JSON")->required();
  command->add_option("--write", options->folder, "the folder of the files to write");
  command->add_option("--release", options->release, "which release of the list it is");
  command->add_option("--date", options->day, "the day the list is of; today");
  command->add_flag("--fewer", options->fewer, "even if more than a tenth of the models go");
  command->callback([options, &slot] { slot.run = [options] { return Import(*options).run(); }; });
}

}  // namespace tocsin
