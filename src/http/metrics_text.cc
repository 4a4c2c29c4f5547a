// SPDX-License-Identifier: Apache-2.0
#include "http/metrics_text.h"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace tocsin {
namespace {

// A label's value is quoted, a help text is not.
void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoted) {
      out += "\\\"";
    } else {
      out.push_back(c);
    }
  }
}

void append_head(std::string& out, const MetricSample& sample) {
  out += "# HELP " + sample.name + " ";
  append_escaped(out, sample.help, false);
  out += "\n# TYPE " + sample.name;
  out += sample.type == MetricSample::Type::counter ? " counter\n" : " gauge\n";
}

void append_sample(std::string& out, const MetricSample& sample) {
  out += sample.name;
  char separator = '{';
  for (const auto& [name, value] : sample.labels) {
    out.push_back(separator);
    separator = ',';
    out += name + "=\"";
    append_escaped(out, value, true);
    out.push_back('"');
  }
  if (!sample.labels.empty()) out.push_back('}');
  out += " " + sample.value + "\n";
}

}  // namespace

std::string metrics_text(std::span<const MetricSample> samples) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<std::vector<const MetricSample*>> families;
  for (const MetricSample& sample : samples) {
    const auto [place, is_new] = places.try_emplace(sample.name, families.size());
    if (is_new) families.emplace_back();
    families[place->second].push_back(&sample);
  }
  std::string out;
  for (const auto& family : families) {
    append_head(out, *family.front());
    for (const MetricSample* sample : family) append_sample(out, *sample);
  }
  return out;
}

}  // namespace tocsin
