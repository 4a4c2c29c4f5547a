// SPDX-License-Identifier: Apache-2.0
#include "rule/load.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "document/yaml.h"
#include "rule/config_reader.h"
#include "rule/rule_reader.h"
#include "rule/secret.h"

namespace tocsin {
namespace {

// Rule files one after the other, names unique over all.
class RuleLoader {
 public:
  RuleLoader(const RuleContext& context, Loaded& loaded) : context_(context), loaded_(loaded) {}

  void file(const std::string& path) {
    FileSummary summary{.path = path};
    const std::size_t before = errors();
    const auto bytes = context_.files.read(path, kYamlBytesMax);
    if (!bytes) {
      loaded_.diagnostics.push_back(file_error(path, "cannot read it: " + bytes.error().message));
    } else if (const auto document = parse_yaml(path, *bytes, loaded_.diagnostics)) {
      auto read = read_rule_file(*document, context_, loaded_.diagnostics);
      summary.rules = read.written;
      summary.disabled = read.disabled.size();
      for (DisabledRule& rule : read.disabled) loaded_.disabled.push_back(std::move(rule));
      for (Rule& rule : read.rules) add(std::move(rule), *document);
    }
    // Errors of a table of budgets are its rule file's too; and where no more are told, who knows.
    summary.ok = errors() == before && !is_full(loaded_.diagnostics, Diagnostic::Level::error);
    loaded_.files.push_back(std::move(summary));
  }

  // A state goes on under one name.
  void check_renames() {
    std::map<std::string, const Rule*> renamed;
    for (const Rule& rule : loaded_.rules) {
      if (rule.renamed_from.empty()) continue;
      const auto [first, fresh] = renamed.try_emplace(rule.renamed_from, &rule);
      const auto taken = origins_.find(rule.renamed_from);
      if (fresh && taken == origins_.end()) continue;
      const Origin& other = fresh ? taken->second : first->second->origin;
      loaded_.diagnostics.push_back(
          file_error(rule.origin.file,
                     "line " + std::to_string(rule.origin.line) + ": the rule \"" + rule.name +
                         "\" is renamed_from \"" + rule.renamed_from + "\", which " +
                         (fresh ? "is a rule still" : "another rule is, too"),
                     "see " + other.file + ":" + std::to_string(other.line)));
    }
  }

 private:
  std::size_t errors() const {
    return static_cast<std::size_t>(
        std::count_if(loaded_.diagnostics.begin(), loaded_.diagnostics.end(),
                      [](const auto& d) { return d.level == Diagnostic::Level::error; }));
  }

  void add(Rule rule, const Document& document) {
    const auto [first, fresh] = origins_.try_emplace(rule.name, rule.origin);
    if (fresh) {
      for (Rule& part : parts_of(std::move(rule))) loaded_.rules.push_back(std::move(part));
      return;
    }
    const auto line = document.source->line(rule.origin.line);
    loaded_.diagnostics.push_back(document.source->error(
        document.source->line_start(rule.origin.line) + line.find_first_not_of(" -"), line.size(),
        "the rule name \"" + rule.name + "\" is taken",
        "by " + first->second.file + ":" + std::to_string(first->second.line) +
            "; a name is the identity of a rule's state"));
  }

  const RuleContext& context_;
  Loaded& loaded_;
  std::map<std::string, Origin> origins_;
};

void finish(Loaded& loaded) {
  sort_and_unite(loaded.diagnostics);
  for (FileSummary& file : loaded.files) {
    file.ok = file.ok && std::none_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                                      [&](const Diagnostic& diagnostic) {
                                        return diagnostic.level == Diagnostic::Level::error &&
                                               diagnostic.file == file.path;
                                      });
  }
}

// With `channels` of the document itself: one that has an error is not an unknown one.
RuleContext context_of(const LoadRequest& request, const Config& config, const Node& root) {
  RuleContext context{.files = request.files};
  context.zone = config.time_zone;
  context.max_groups = config.max_groups;
  const Node* channels = root.is_map() ? root.find("channels") : nullptr;
  if (channels == nullptr) return context;
  context.channels.emplace();
  for (const Entry& entry : channels->entries) context.channels->push_back(entry.key.text);
  return context;
}

// The rules of a team as `files` has them.
Loaded load_mount(const Mount& mount, RuleContext context, const RuleContext& outer) {
  Loaded part;
  context.zone = outer.zone;
  context.max_groups = outer.max_groups;
  context.team = mount.team;
  context.only = mount.only;
  context.channels = mount.channels;
  const auto paths = context.files.expand(mount.pattern);
  if (!paths || paths->empty()) {
    part.diagnostics.push_back(
        file_error(mount.pattern, !paths ? "cannot read it: " + paths.error().message
                                         : "no file is found here for the team " + mount.team));
    return part;
  }
  RuleLoader loader(context, part);
  for (const auto& path : *paths) loader.file(path);
  loader.check_renames();
  return part;
}

void take_part(Loaded& loaded, Loaded part) {
  const auto append = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  append(loaded.rules, part.rules);
  append(loaded.disabled, part.disabled);
  append(loaded.diagnostics, part.diagnostics);
  append(loaded.files, part.files);
}

void add_mount(Loaded& loaded, const Mount& mount, const LoadRequest& request,
               const RuleContext& outer) {
  Loaded part = load_mount(mount, {.files = request.files}, outer);
  if (part.ok() || request.last == nullptr) return take_part(loaded, std::move(part));
  KeptFiles kept(*request.last, request.files);
  RecordingFiles before(kept);
  Loaded last = load_mount(mount, {.files = before}, outer);
  if (!last.ok()) return take_part(loaded, std::move(part));
  RefusedMount refused{mount.team, mount.channels, {}};
  for (auto& d : part.diagnostics) {
    if (d.level == Diagnostic::Level::error) refused.errors.push_back(std::move(d));
  }
  sort_and_unite(refused.errors);
  loaded.refused.push_back(std::move(refused));
  FileSet used = before.take();
  loaded.refused_files.texts.merge(used.texts);
  loaded.refused_files.expansions.merge(used.expansions);
  loaded.refused_files.missing.merge(used.missing);
  take_part(loaded, std::move(last));
}

}  // namespace

Loaded load_rules(const std::vector<std::string>& paths, const RuleContext& context) {
  Loaded loaded;
  loaded.config.time_zone = context.zone;
  loaded.config.rule_files = paths;
  RuleLoader loader(context, loaded);
  for (const auto& path : paths) loader.file(path);
  loader.check_renames();
  finish(loaded);
  return loaded;
}

Loaded load(const LoadRequest& request) {
  Loaded loaded;
  loaded.config.path = request.config_path;
  loaded.files.push_back({.path = request.config_path, .kind = FileSummary::Kind::config});
  const auto bytes = request.files.read(request.config_path, kYamlBytesMax);
  if (!bytes) {
    loaded.diagnostics.push_back(
        file_error(request.config_path, "cannot read it: " + bytes.error().message));
    finish(loaded);
    return loaded;
  }
  auto source = SourceText::read(request.config_path, *bytes, loaded.diagnostics);
  if (source) source->set_mask(hide_secrets);
  const auto document =
      source ? parse_yaml(std::move(*source), loaded.diagnostics) : std::optional<Document>();
  if (document) {
    loaded.config = read_config(*document, request, loaded.diagnostics);
    const auto context = context_of(request, loaded.config, document->root);
    RuleLoader loader(context, loaded);
    if (request.purpose != Purpose::price) {
      for (const auto& path : loaded.config.rule_files) loader.file(path);
      loader.check_renames();
      for (const Mount& mount : loaded.config.mounts) add_mount(loaded, mount, request, context);
    }
  }
  finish(loaded);
  return loaded;
}

}  // namespace tocsin
