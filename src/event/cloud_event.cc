// SPDX-License-Identifier: Apache-2.0
#include "event/cloud_event.h"

#include <cstdint>
#include <optional>

#include "event/detect.h"
#include "event/name_table.h"

namespace tocsin::wire {
namespace {

enum class CloudField : std::uint8_t { none, id, source, subject, time, data, base64 };
constexpr NameTable<CloudField> kCloudNames = {
    {"id", CloudField::id},           {"source", CloudField::source},
    {"subject", CloudField::subject}, {"time", CloudField::time},
    {"data", CloudField::data},       {"data_base64", CloudField::base64}};

struct CloudEvent {
  std::string_view id, source, subject;
  std::optional<EventTime> time;
  Reader::Mark data;
  bool base64 = false;
};

bool read_envelope(Reader& reader, CloudEvent& cloud) {
  std::uint32_t seen = 0;
  return reader.each_field([&](const Name& name) {
    const CloudField field = kCloudNames.find(name);
    const std::uint32_t bit = 1U << static_cast<unsigned>(field);
    if (field == CloudField::none) return reader.skip();
    if ((seen & bit) != 0) {
      reader.refuse(QuarantineReason::duplicate_key, name.text, "twice");
      return reader.skip();
    }
    seen |= bit;
    if (field == CloudField::id) return reader.text(name.text, cloud.id);
    if (field == CloudField::source) return reader.text(name.text, cloud.source);
    if (field == CloudField::subject) return reader.text(name.text, cloud.subject);
    if (field == CloudField::time) return reader.time(Zone::required, name.text, cloud.time);
    if (field == CloudField::data) cloud.data = reader.mark();
    cloud.base64 = cloud.base64 || field == CloudField::base64;
    return reader.skip();
  });
}

bool refuse_data(Reader& reader, std::string_view why) {
  reader.refuse(QuarantineReason::unknown_format, "data", why);
  return true;
}

}  // namespace

bool read_cloud_event(Reader& reader, bool (*read_as)(Format, Reader&)) {
  CloudEvent cloud;
  if (!read_envelope(reader, cloud)) return false;
  const Reader::Mark end = reader.mark();
  if (cloud.base64) return refuse_data(reader, "base64 is not read");
  if (cloud.data.place == nullptr) return refuse_data(reader, "there is none");
  reader.go_to(cloud.data);
  const bool is_object = reader.tokens.first() == '{';
  const Format format = is_object ? detect(reader) : Format::native;
  if (!is_object || format == Format::otlp_json || format == Format::cloudevents) {
    reader.go_to(end);
    return refuse_data(reader, is_object ? "many events, or another envelope" : "not an object");
  }
  if (!read_as(format, reader)) return false;
  reader.go_to(end);
  Event& event = reader.event;
  if (!cloud.id.empty()) {
    event.id = cloud.id;
    event.producer = cloud.source;
  }
  if (!event.time) event.time = cloud.time;
  if (event.user.empty()) event.user = cloud.subject;
  return true;
}

}  // namespace tocsin::wire
