// SPDX-License-Identifier: Apache-2.0
#include "cli/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>

#include "document/utf8.h"

namespace tocsin {
namespace {

// XML 1.0 has no way to write most controls, nor what is no character: they become U+FFFD.
std::string escaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto [c, next] = decode_utf8(text, at);
    const bool bad =
        c == kNoCharacter || (c < 0x20 && c != '\n' && c != '\t') || c == 0xfffe || c == 0xffff;
    switch (bad ? U'\ufffd' : c) {
      case U'&': out += "&amp;"; break;
      case U'<': out += "&lt;"; break;
      case U'>': out += "&gt;"; break;
      case U'"': out += "&quot;"; break;
      case U'\n': out += "&#10;"; break;
      case U'\ufffd': out += "\ufffd"; break;
      default: out += text.substr(at, next - at);
    }
    at = next;
  }
  return out;
}

std::string seconds(Millis took) {
  return fmt::format("{}.{:03}", took.count() / 1000, took.count() % 1000);
}

std::int64_t failures(const JUnitSuite& suite) {
  return std::count_if(suite.cases.begin(), suite.cases.end(),
                       [](const JUnitCase& of) { return !of.failure.empty(); });
}

}  // namespace

std::string junit_xml(const std::vector<JUnitSuite>& suites) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  for (const auto& suite : suites) {
    Millis took{0};
    for (const auto& of : suite.cases) took += of.took;
    out += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" time=\"{}\">\n",
        escaped(suite.file), suite.cases.size(), failures(suite), seconds(took));
    for (const auto& of : suite.cases) {
      out += fmt::format(
          "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{}\"",
          escaped(suite.file), escaped(of.name), escaped(suite.file), of.line, seconds(of.took));
      if (of.failure.empty()) {
        out += "/>\n";
        continue;
      }
      out += fmt::format(
          ">\n      <failure message=\"expected and got differ\">{}</failure>\n    </testcase>\n",
          escaped(of.failure));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

Result<void> write_junit(const std::string& path, const std::vector<JUnitSuite>& suites) {
  std::ofstream file(path, std::ios::binary);
  file << junit_xml(suites);
  file.close();
  if (!file) return reject(path + " cannot be written");
  return {};
}

}  // namespace tocsin
