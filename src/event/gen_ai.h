// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/provider_usage.h"
#include "event/reader.h"

namespace tocsin::wire {

// What an attribute of a span or its resource says, in whatever name.
enum class Attribute : std::uint8_t {
  none,
  // Texts, in the order of GenAiSpan::texts_.
  provider,
  model,
  operation,
  service_tier,
  user,
  session,
  agent,
  service,
  team,
  key,
  environment,
  span_kind,      // OpenInference's
  workflow_kind,  // Traceloop's
  request_type,   // Traceloop's
  error_type,
  // Counts, in the order of kAttributeParts.
  input,
  output,
  cache_read,
  cache_write,
  reasoning,
  input_audio,
  cached_audio,
  output_audio,
  input_image,
  cached_image,
  output_image,
  // Others.
  cost,
  input_cost,
  output_cost,
  status,
  property,
};
inline constexpr std::size_t kAttributes = 32;
inline constexpr std::size_t kAttributeTexts = 15;

// An attribute by its name. Of two that say the same the lesser rank counts.
struct AttributeName {
  std::string_view name;
  Attribute attribute = Attribute::none;
  std::uint8_t rank = 0;
};
// Case matters, as OpenTelemetry has it. Attribute::none: not ours, and its value is not to be
// read. Of a property `name` is what stands behind its prefix.
AttributeName find_attribute(std::string_view key);

// The value of one attribute.
struct AttributeValue {
  Scalar scalar;
  std::optional<std::int64_t> whole;  // of an integer, which needs no text then
};

// Makes an event of one span after another: what OTLP's two encodings share. Which spans are
// requests to a model, what their attributes mean, and how their counts hold one another is
// decided here alone.
class GenAiSpan {
 public:
  explicit GenAiSpan(Reader& reader) : reader_(reader) {}

  // A resource is over its spans: begin_resource, its attributes, then its spans.
  void begin_resource() { owners_ = {}; }
  void resource(const AttributeName& name, const AttributeValue& value);

  void begin();
  void set(const AttributeName& name, const AttributeValue& value);
  // Hexadecimal digits, or bytes.
  void ids(std::string_view trace, std::string_view span, bool are_bytes);
  void times(std::uint64_t start_ns, std::uint64_t end_ns);
  void failed() { failed_ = true; }
  // False: no request to a model. Else the reader holds the event, or why there is none.
  bool finish();

 private:
  bool is_request() const;
  std::string_view operation() const;
  std::string_view text_of(const AttributeValue& value);
  bool counts_as_new(const AttributeName& name);
  void set_text(const AttributeName& name, const AttributeValue& value);
  void set_count(const AttributeName& name, const AttributeValue& value);
  void set_cost(const AttributeName& name, const AttributeValue& value);
  void finish_status();
  std::string_view& text(Attribute which) { return texts_[static_cast<std::size_t>(which) - 1]; }
  std::string_view text(Attribute which) const {
    return texts_[static_cast<std::size_t>(which) - 1];
  }

  static constexpr std::uint8_t kNoRank = 255;

  Reader& reader_;
  std::array<std::string_view, kAttributeTexts> owners_{};  // of the resource, by Attribute
  std::array<std::string_view, kAttributeTexts> texts_{};
  std::array<std::uint8_t, kAttributes> ranks_{};
  ProviderUsage usage_;
  std::optional<Money> cost_, input_cost_, output_cost_;
  std::optional<std::int64_t> status_;
  bool failed_ = false;
};

}  // namespace tocsin::wire
