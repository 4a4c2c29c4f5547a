// SPDX-License-Identifier: Apache-2.0
// Records of LiteLLM, OpenTelemetry in JSON, providers and CloudEvents. The first byte is the
// format, the rest the record. What is JSON is told by a second reader; what its fields mean is
// tested elsewhere, here only what holds for any.
#include <string>

#include "json_reader.h"
#include "told.h"

namespace tocsin::fuzz {
namespace {

constexpr Format kFormatsHere[] = {Format::automatic, Format::litellm, Format::otlp_json,
                                   Format::response, Format::cloudevents};

bool is_json_object(std::string_view record) {
  const auto value = read_json(record, {.depth_max = 31, .lenient = true});
  return value && value->is(Json::Kind::object) && record.front() == '{' &&
         record.find('\n') == std::string_view::npos;
}

void judge(std::string_view record, Format format) {
  const Told told = told_of(record, format);
  if (record.empty() || record.front() != '{') return;
  if (!is_json_object(record)) {
    expect(told.events == 0 || record.find('\n') != std::string_view::npos ||
               read_json(record, {.depth_max = 32, .lenient = true}),
           "what is no JSON holds no event");
    return;
  }
  // An array of one, and of two, holds the same as the object.
  const std::string object(record);
  expect_same(told_of("[" + object + "]", format).all, told.all, "an object and an array of it");
  expect_same(told_of("[" + object + "," + object + "]", format).all, told.all + told.all,
              "an array of two");
  // A name that nobody knows changes nothing.
  const bool empty = object.find('"') == std::string::npos;
  const std::string more = "{\"zzz\":[{\"usage\":1}]" + (empty ? "" : "," + object.substr(1));
  if (!empty) expect_same(told_of(more, format).all, told.all, "an object with a name more");
}

}  // namespace
}  // namespace tocsin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tocsin;
  if (size == 0 || size > 64 * 1024) return 0;
  const Format format = fuzz::kFormatsHere[data[0] % std::size(fuzz::kFormatsHere)];
  fuzz::judge({reinterpret_cast<const char*>(data) + 1, size - 1}, format);
  return 0;
}
