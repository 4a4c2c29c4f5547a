// SPDX-License-Identifier: Apache-2.0
#include "document/yaml.h"

#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <utility>

#include "document/yaml_builder.h"
#include "document/yaml_trouble.h"

namespace tocsin {
namespace {

bool marks_document(std::string_view line) {
  return line == "---" || line.starts_with("--- ") || line == "..." || line.starts_with("... ");
}

// What the library would read over in silence, line by line. True if the text may be parsed.
bool check_lines(const SourceText& source, Diagnostics& diagnostics) {
  bool content = false;
  const std::size_t before = diagnostics.size();
  for (int number = 1; number <= static_cast<int>(source.lines()); ++number) {
    const auto line = source.line(number);
    const std::size_t start = source.line_start(number);
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    if (line.substr(0, first).find('\t') != std::string_view::npos) {
      diagnostics.push_back(source.error(start, first, "indent with spaces, not with tabs"));
      return false;
    }
    if (line[0] == '%') {
      diagnostics.push_back(source.error(start, line.size(), "a line may not start with %",
                                         "indent it, or quote the text"));
    } else if (marks_document(line) && content) {
      diagnostics.push_back(source.error(start, line.size(), "one document per file"));
      return false;
    }
    content = content || !marks_document(line);
  }
  if (!content) {
    diagnostics.push_back(source.error(0, 1, "nothing is written here"));
    return false;
  }
  return diagnostics.size() == before;
}

}  // namespace

std::optional<Document> parse_yaml(SourceText text, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const SourceText>(std::move(text));
  if (!check_lines(*source, diagnostics)) return std::nullopt;
  YamlBuilder builder(*source, diagnostics);
  std::istringstream stream(source->text());
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YamlAborted&) {
    return std::nullopt;
  } catch (const YAML::Exception& exception) {
    const bool placed = exception.mark.pos >= 0;
    explain({placed ? static_cast<std::size_t>(exception.mark.pos) : 0, exception.msg}, *source,
            builder, diagnostics);
    return std::nullopt;
  }
  if (!builder.root()) return std::nullopt;
  return Document{source, std::move(*builder.root())};
}

std::optional<Document> parse_yaml(std::string file, std::string_view bytes,
                                   Diagnostics& diagnostics) {
  auto source = SourceText::read(std::move(file), bytes, diagnostics);
  if (!source) return std::nullopt;
  return parse_yaml(std::move(*source), diagnostics);
}

}  // namespace tocsin
