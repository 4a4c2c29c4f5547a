// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "document/document.h"
#include "event/format.h"
#include "tocsin/event.h"
#include "tocsin/source.h"

namespace tocsin {

// How a record of another's becomes events of ours: where in it each field is. A value that nobody
// changes once it is read; any number of threads may read by it.
struct Mapping {
  static constexpr std::size_t kSlotsMax = 64;
  static constexpr std::size_t kStepsMax = 256;
  static constexpr std::uint16_t kNone = 0xffff;

  // The JSON Pointers, as the tree they make. The first step is the record, the second an item of
  // `each`.
  struct Step {
    struct Next {
      std::string name;
      std::uint64_t head = 0, tail = 0;    // as wire::Name has them
      std::optional<std::uint64_t> index;  // of an item, if it is an array
      std::uint16_t step = 0;
      friend bool operator==(const Next&, const Next&) = default;
    };
    std::vector<Next> next;
    std::uint16_t slot = kNone;  // where its value goes
    bool properties = false;     // each of its names is a property
    bool tags = false;
    bool input = false;   // what a model was asked: its hash is kept
    bool each = false;    // its items are what becomes events
    bool inside = false;  // a text that holds JSON, which the pointers go through
    bool once = false;    // money, identity or time is in it: twice is a duplicate
    friend bool operator==(const Step&, const Step&) = default;
  };
  std::vector<Step> steps;
  bool has_each = false;

  // What is read beside the record's value.
  struct Outside {
    std::string header;  // its name; empty: the record's key
    std::uint16_t slot = kNone;
    friend bool operator==(const Outside&, const Outside&) = default;
  };
  std::vector<Outside> outside;

  // Where a field comes from: the first of these that is there, and neither null nor empty.
  struct Choice {
    std::uint16_t slot = kNone;  // kNone: always `value`
    std::string value;
    friend bool operator==(const Choice&, const Choice&) = default;
  };
  using From = std::vector<Choice>;

  // All of these must hold.
  struct Test {
    std::uint16_t slot = kNone;
    std::vector<std::string> values;  // any of them; none: it must be there, and not be null
    friend bool operator==(const Test&, const Test&) = default;
  };
  using Condition = std::vector<Test>;

  enum class TimeIn : std::uint8_t { rfc3339, s, ms, us, ns, utc, any };
  enum class CostIn : std::uint8_t { usd, cents, nano };

  struct Text {
    std::string_view name;  // of the field, as people know it
    std::string_view Event::*to = nullptr;
    From from;
    friend bool operator==(const Text&, const Text&) = default;
  };
  struct Count {
    std::string unit;
    From from;
    friend bool operator==(const Count&, const Count&) = default;
  };
  struct NamedFrom {
    std::string name;
    From from;
    friend bool operator==(const NamedFrom&, const NamedFrom&) = default;
  };

  Condition when;        // what does not meet it is no request to a model
  std::string producer;  // names the id space
  std::vector<Text> texts;
  From timestamp, status, latency, cost, cached, byok;
  Condition cached_when, error_when;
  TimeIn time_in = TimeIn::any;
  CostIn cost_in = CostIn::usd;
  std::vector<Count> counts;
  bool input_includes_cache = false;
  bool output_includes_reasoning = true;
  bool disjoint = false;  // no count is within another
  std::vector<NamedFrom> properties;

  friend bool operator==(const Mapping&, const Mapping&) = default;
};

// A key of a mapping and what it is, in a line of Markdown.
struct MappingKey {
  std::string_view name;
  std::string_view says;
};
std::span<const MappingKey> mapping_keys();

// Reads the mapping that `node` of the document is. Nothing: something is wrong, and told.
std::optional<Mapping> read_mapping(const Document& document, const Node& node,
                                    Diagnostics& diagnostics);
// The same of a whole file.
std::optional<Mapping> read_mapping(std::string file, std::string_view bytes,
                                    Diagnostics& diagnostics);

// What records in this format are asked for beside their values.
EnvelopeParts envelope_parts(const RecordFormat& format);

}  // namespace tocsin
