// SPDX-License-Identifier: Apache-2.0
#include "cli/first_configuration.h"

#include <unistd.h>

#include <cstdio>

#include "cli/real_files.h"
#include "document/source_text.h"
#include "rocks/rocks_store.h"
#include "rule/kept_text.h"
#include "state/kept.h"

namespace tocsin {
namespace {

void say(const std::string& text) { std::fprintf(stderr, "tocsin: %s\n", text.c_str()); }

// Where the state is, though the file that says so may be broken.
std::string state_directory(const std::string& path, const Reading& reading) {
  const std::string& told = reading.loaded.config.state.path;
  if (!told.empty()) return told;
  const auto text = reading.files.texts.find(path);
  if (text == reading.files.texts.end()) return {};
  const std::string found = find_state_path(text->second);
  return found.empty() ? found : resolve_path(path, found);
}

std::optional<Kept> kept_in(const std::string& directory) {
  if (directory.empty() || ::access((directory + "/CURRENT").c_str(), F_OK) != 0) {
    say("no earlier configuration is kept: mend the files above");
    return std::nullopt;
  }
  const auto store = RocksStore::open_read_only(directory);
  if (!store) {
    say(store.error().message);
    return std::nullopt;
  }
  auto kept = read_kept(**store);
  if (!kept) {
    say(kept.error().message);
    return std::nullopt;
  }
  if (!*kept) say("no earlier configuration is kept in " + directory + ": mend the files above");
  return std::move(*kept);
}

// The kept tocsin.yaml lacks the secrets written in it; the present one has them, if it is the
// same.
bool put_secrets_back(const Reading& reading, Kept& kept) {
  if (!kept.secrets_left_out) return true;
  std::string& text = kept.files.texts[kept.config_path];
  const auto now = reading.files.texts.find(kept.config_path);
  if (now != reading.files.texts.end()) {
    Diagnostics none;
    const auto source = SourceText::read(kept.config_path, now->second, none);
    const auto without =
        source ? text_to_keep(source->text(), reading.loaded.config.literal_secrets) : std::nullopt;
    if (without && *without == text) {
      text = now->second;
      return true;
    }
  }
  say("the last accepted " + kept.config_path +
      " has secrets written in it, which are never kept: mend it, or put them into files");
  return false;
}

}  // namespace

std::optional<FirstConfiguration> first_configuration(const std::string& path, const Clock& clock) {
  RealFiles files;
  const auto read = [&](const std::string& from, Files& through, const FileSet* last = nullptr) {
    return read_configuration({.config_path = from,
                               .purpose = Purpose::run,
                               .files = through,
                               .environment = real_environment(),
                               .last = last});
  };
  Reading reading = read(path, files);
  print(reading.loaded.diagnostics);
  FirstConfiguration first;
  first.first.files = reading.files;
  first.first.accepted = clock.wall();
  if (reading.ok()) {
    first.configuration = std::make_shared<const Configuration>(std::move(reading).configuration());
    return first;
  }
  const std::string directory = state_directory(path, reading);
  auto kept = kept_in(directory);
  if (kept) {
    // Where only a team's files are wrong, all others are taken as they are.
    Reading others = read(path, files, &kept->files);
    if (others.ok()) {
      for (const auto& mount : others.loaded.refused) {
        say("the rules of team " + mount.team + " that were right last are in force");
      }
      first.configuration =
          std::make_shared<const Configuration>(std::move(others).configuration());
      return first;
    }
  }
  if (!kept || !put_secrets_back(reading, *kept)) return std::nullopt;
  KeptFiles as_they_were(kept->files, files);
  Reading earlier = read(kept->config_path, as_they_were);
  if (!earlier.ok()) {
    print(earlier.loaded.diagnostics);
    say("the configuration kept in the state cannot be used either: mend the files");
    return std::nullopt;
  }
  earlier.loaded.config.state.path = directory;
  first.first.accepted = kept->accepted;
  first.first.refused = std::move(reading.loaded);
  first.configuration = std::make_shared<const Configuration>(std::move(earlier).configuration());
  return first;
}

}  // namespace tocsin
