// SPDX-License-Identifier: Apache-2.0
#include "cli/findings.h"

#include "document/json_writer.h"

namespace tocsin {

std::string findings_json(const Loaded& loaded) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().boolean("ok", loaded.ok());
  json.key("files").begin_array();
  for (const auto& file : loaded.files) {
    json.begin_object().text("path", file.path).boolean("ok", file.ok);
    if (file.kind == FileSummary::Kind::rules)
      json.number("rules", static_cast<std::int64_t>(file.rules));
    json.end_object();
  }
  json.end_array().key("diagnostics").begin_array();
  for (const auto& d : loaded.diagnostics) {
    json.begin_object()
        .text("level", d.level == Diagnostic::Level::error ? "error" : "warning")
        .text("file", d.file)
        .number("line", d.line)
        .number("column", d.column)
        .text("message", d.message)
        .text("hint", d.hint)
        .end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tocsin
