// SPDX-License-Identifier: Apache-2.0
// Any bytes as a YAML file: refused at a place of it, or a tree that reads the same when it is
// written down again with all its texts in quotes.
#include <string>

#include "document/yaml.h"
#include "fuzz_target.h"
#include "placed.h"

namespace tocsin::fuzz {
namespace {

constexpr std::size_t kKeyMax = 200;  // YAML's own limit of a key on its line is 1,024 characters

// Texts in double quotes, all on one line. Sets `long_key` where that would be no YAML.
void write(const Node& node, std::string& out, bool& long_key) {
  const auto quoted = [&out](const std::string& text) {
    out += '"';
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out += {'\\', c};
      } else if (byte < 0x20 || byte == 0x7f) {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\x%02x", byte);
        out += escape;
      } else {
        out += c;
      }
    }
    out += '"';
  };
  if (node.is_scalar()) return quoted(node.text);
  out += node.is_map() ? "{" : "[";
  for (const Node& item : node.items) {
    write(item, out, long_key);
    out += ", ";
  }
  for (const Entry& entry : node.entries) {
    long_key = long_key || entry.key.text.size() > kKeyMax;
    quoted(entry.key.text);
    out += ": ";
    write(entry.value, out, long_key);
    out += ", ";
  }
  out += node.is_map() ? "}" : "]";
}

void expect_places(const Node& node, const SourceText& source) {
  expect(node.offset <= source.text().size(), "a node is in its file");
  const Place place = source.place(std::min(node.offset, source.text().size()));
  expect(node.line == place.line && node.column == place.column, "a node is where it says");
  expect(is_utf8(node.text), "a text is UTF-8");
  for (const Node& item : node.items) expect_places(item, source);
  for (const Entry& entry : node.entries) {
    expect_places(entry.key, source);
    expect_places(entry.value, source);
  }
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size > 16'384) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Diagnostics diagnostics;
  const auto document = parse_yaml("f.yaml", text, diagnostics);
  fuzz::expect(document || has_errors(diagnostics), "what is refused is told");
  fuzz::expect_placed(diagnostics, {{"f.yaml", text}});
  if (!document) return 0;
  if (has_errors(diagnostics)) return 0;
  fuzz::expect_places(document->root, *document->source);

  std::string written, again;
  bool long_key = false;
  fuzz::write(document->root, written, long_key);
  if (long_key || written.size() > kYamlBytesMax) return 0;
  Diagnostics none;
  const auto reread = parse_yaml("f.yaml", written, none);
  fuzz::expect(reread && !has_errors(none),
               "a tree can be written: " + written + fuzz::all_of(none));
  fuzz::write(reread->root, again, long_key);
  fuzz::expect_same(again, written, "the tree, read again");
  return 0;
}
