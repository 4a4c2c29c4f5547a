// SPDX-License-Identifier: Apache-2.0
#include "rule/route_reader.h"

#include <algorithm>

#include "document/utf8.h"
#include "rule/nearest_word.h"

namespace tocsin {
namespace {

constexpr std::string_view kListExample = "a list of channels such as [alerts], or []";

std::optional<std::vector<std::string>>& of(Route& route, Severity severity) {
  return severity == Severity::info      ? route.info
         : severity == Severity::warning ? route.warning
                                         : route.critical;
}

}  // namespace

std::optional<std::vector<std::string>> read_channels(const Reader& reader, const Node& node,
                                                      const RuleContext& context) {
  auto names = reader.texts(node, kListExample);
  if (!names || !context.channels) return names;
  bool good = true;
  for (const Node& item : node.items) {
    const auto& known = *context.channels;
    if (std::find(known.begin(), known.end(), item.text) != known.end()) continue;
    const std::vector<std::string_view> words(known.begin(), known.end());
    reader.error(item, "unknown channel " + tocsin::quoted(item.text),
                 known.empty() ? "tocsin.yaml has no channels" : hint_for(item.text, words));
    good = false;
  }
  if (!good) return std::nullopt;
  return names;
}

std::optional<Route> read_route(const Reader& reader, const Node& node,
                                const RuleContext& context) {
  if (node.bad) return std::nullopt;
  Route route;
  if (!node.is_map()) {
    auto channels = read_channels(reader, node, context);
    if (!channels) return std::nullopt;
    route.info = route.warning = route.critical = std::move(channels);
    return route;
  }
  bool good = true;
  for (const Entry& entry : node.entries) {
    const auto severity = read_severity(reader, entry.key);
    auto channels = read_channels(reader, entry.value, context);
    good = good && severity && channels;
    if (severity && channels) of(route, *severity) = std::move(channels);
  }
  if (!good) return std::nullopt;
  return route;
}

std::optional<Severity> read_severity(const Reader& reader, const Node& node) {
  const auto* text = reader.word(node, words::kSeverity, "severity");
  if (text == nullptr) return std::nullopt;
  for (const auto severity : {Severity::info, Severity::warning, Severity::critical}) {
    if (name(severity) == *text) return severity;
  }
  return std::nullopt;
}

}  // namespace tocsin
