// SPDX-License-Identifier: Apache-2.0
// Records by mappings: the shipped ones, and some that use every key. The first byte is which, the
// rest the record; of the last, the rest is a mapping file itself. What is JSON is told by a second
// reader.
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "event/mapping.h"
#include "event/shipped.h"
#include "json_reader.h"
#include "told.h"

namespace tocsin::fuzz {
namespace {

constexpr std::string_view kEach =
    "each: /a/b\nmodel: [/m, record:/m]\nusage: {input: /i, output: record:/o}\ntags: /t\n";
constexpr std::string_view kWhole =
    "inside: /l\nwhen: {/k: [a, b]}\nproducer: p\nid: /l/id\ntimestamp: /t\ntime: us\n"
    "model: [/l/m, /m, {value: gpt-4o}]\nstatus: /s\nerror: {/e: x}\nlatency_ms: /ms\ncost: /l/c\n"
    "cost_unit: nano\ncached: /h\nbyok: /y\nuser: /u\ntags: /l/tags\ninput: /in\n"
    "properties: [/p, /l/p, {X: /p/x}]\ndisjoint: true\n"
    "usage: {input: /n/0, cache_read: /n/1, output: /n/2, reasoning: /n/3, input_audio: /n/4,\n"
    "  output_audio: /n/5, images: /n/6}\n";

std::vector<RecordFormat> formats() {
  std::vector<RecordFormat> all;
  for (std::size_t i = 0; i < kFormats; ++i) {
    if (is_shipped(static_cast<Format>(i))) all.emplace_back(static_cast<Format>(i));
  }
  for (const std::string_view text : {kEach, kWhole}) {
    Diagnostics diagnostics;
    auto mapping = read_mapping("m.yaml", text, diagnostics);
    expect(mapping.has_value(), "the mapping can be read");
    all.emplace_back(std::move(*mapping));
  }
  return all;
}

bool is_json_object(std::string_view record) {
  const auto value = read_json(record, {.depth_max = 31, .lenient = true});
  return value && value->is(Json::Kind::object) && record.front() == '{' &&
         record.find('\n') == std::string_view::npos;
}

void judge(std::string_view record, const RecordFormat& format) {
  const Told told = told_of(record, format);
  if (record.empty() || record.front() != '{' || !is_json_object(record)) return;
  const std::string object(record);
  expect_same(told_of("[" + object + "]", format).all, told.all, "an object and an array of it");
  expect_same(told_of("[" + object + "," + object + "]", format).all, told.all + told.all,
              "an array of two");
  if (object.find('"') == std::string::npos) return;
  expect_same(told_of("{\"zzz\":[{\"usage\":1}]," + object.substr(1), format).all, told.all,
              "an object with a name more");
}

void judge_file(std::string_view text) {
  Diagnostics diagnostics;
  auto mapping = read_mapping("m.yaml", text, diagnostics);
  expect(mapping.has_value() == diagnostics.empty(), "a mapping is read, or it is told why not");
  if (!mapping) return;
  told_of(R"({"a":{"b":[{"m":"x","i":1}]},"m":"x","i":2,"usage":{"input":"3"},"l":"{\"m\":1}"})",
          RecordFormat(std::move(*mapping)));
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 64 * 1024) return 0;
  static const std::vector<RecordFormat> all = fuzz::formats();
  const std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t which = data[0] % (all.size() + 1);
  which < all.size() ? fuzz::judge(rest, all[which]) : fuzz::judge_file(rest);
  return 0;
}
