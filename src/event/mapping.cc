// SPDX-License-Identifier: Apache-2.0
#include "event/mapping.h"

#include <algorithm>
#include <array>
#include <span>

#include "document/nearest_word.h"
#include "document/scalars.h"
#include "document/utf8.h"
#include "document/yaml.h"
#include "event/format.h"
#include "event/mapping_steps.h"
#include "tocsin/ascii.h"

namespace tocsin {
namespace {

using wire::MappingSteps;
using Names = std::vector<std::string>;

constexpr std::array<MappingKey, 34> kKeys = {{
    {"when", "which records are requests, by a pointer that must be there or `{POINTER: value}`"},
    {"each", "a pointer to an array: every item is an event, and pointers begin in it"},
    {"inside", "pointers to texts that hold JSON; other pointers go on through them"},
    {"producer", "a name for the space of the ids, as text"},
    {"id", "of the request, for de-duplication"},
    {"timestamp", "when it was"},
    {"time",
     "what `timestamp` is in: `rfc3339`, `s`, `ms`, `us`, `ns` or `utc`; else told by size"},
    {"provider", "whose price it is; else told by how the model begins"},
    {"model", "the model"},
    {"operation", "`chat`, `embeddings` and so on"},
    {"service_tier", "`batch`, `priority`, `flex` and so on"},
    {"status", "of HTTP"},
    {"error", "`{POINTER: value}`: it failed, whatever `status` says"},
    {"latency_ms", "how long it took, in milliseconds"},
    {"cost", "what its producer says that it cost; 0 is as good as nothing"},
    {"cost_unit", "what `cost` is in: `usd`, `cents` or `nano`"},
    {"cached", "answered from the gateway's cache: a truth value, or `{POINTER: value}`"},
    {"byok", "paid with the user's own key: a truth value"},
    {"user", "for whom it was"},
    {"service", "who pays"},
    {"team", "who pays"},
    {"key", "who pays"},
    {"environment", "who pays"},
    {"agent", "who pays"},
    {"session", "its id"},
    {"session_name", "its name"},
    {"session_path", "where in the session"},
    {"tags", "a list of texts, or one text"},
    {"properties", "an object of texts, or `{NAME: POINTER}`, or a list of these"},
    {"input", "what the model was asked: kept as a hash alone"},
    {"usage", "counts by unit: `{input: POINTER, output: POINTER}`"},
    {"input_includes_cache", "`true`: `input` counts `cache_read` and `cache_write` too"},
    {"output_includes_reasoning", "`false`: `reasoning` is beside `output`, and not within"},
    {"disjoint", "`true`: no count of `usage` is within another"},
}};

struct TextKey {
  std::string_view name;
  std::string_view Event::*to;
  bool once;
};
constexpr TextKey kTextKeys[] = {{"id", &Event::id, true},
                                 {"provider", &Event::provider, true},
                                 {"model", &Event::model, true},
                                 {"operation", &Event::operation, false},
                                 {"service_tier", &Event::service_tier, true},
                                 {"user", &Event::user, true},
                                 {"service", &Event::service, true},
                                 {"team", &Event::team, true},
                                 {"key", &Event::key, true},
                                 {"environment", &Event::environment, true},
                                 {"agent", &Event::agent, false},
                                 {"session", &Event::session, false},
                                 {"session_name", &Event::session_name, false},
                                 {"session_path", &Event::session_path, false}};

struct FromKey {
  std::string_view name;
  Mapping::From Mapping::*to;
};
constexpr FromKey kFromKeys[] = {{"timestamp", &Mapping::timestamp},
                                 {"status", &Mapping::status},
                                 {"latency_ms", &Mapping::latency},
                                 {"cost", &Mapping::cost},
                                 {"byok", &Mapping::byok}};

// In the order of TimeIn and of CostIn.
constexpr std::string_view kTimes[] = {"rfc3339", "s", "ms", "us", "ns", "utc"};
constexpr std::string_view kCosts[] = {"usd", "cents", "nano"};

constexpr std::string_view kTooMany =
    "more than 64 pointers, or 256 names in them, or one deeper than 32";

constexpr std::string_view kKey = "key";
constexpr std::string_view kHeader = "header:";
constexpr std::size_t kHeaderMax = 256;

// The header that `text` names, empty for the record's key; nothing: it names neither.
std::optional<std::string_view> outside_name(std::string_view text) {
  if (text == kKey) return std::string_view();
  if (!text.starts_with(kHeader)) return std::nullopt;
  return text.substr(kHeader.size());
}

class MappingReader {
 public:
  MappingReader(const Document& document, Diagnostics& diagnostics)
      : document_(document), diagnostics_(diagnostics), steps_(mapping_) {}

  std::optional<Mapping> read(const Node& root);

 private:
  using Root = MappingSteps::Root;
  struct Pointer {
    Root root = Root::record;
    Names names;
  };

  void error(const Node& node, std::string message, std::string hint = {}) {
    good_ = false;
    if (!node.bad && !is_full(diagnostics_, Diagnostic::Level::error)) {
      diagnostics_.push_back(document_.error(node, std::move(message), std::move(hint)));
    }
  }
  void key(const Entry& entry);
  bool text_key(const Entry& entry);
  void each(const Node& node);
  void inside(const Node& node);
  void counts(const Node& node);
  void properties(const Node& node);
  void named_properties(const Node& map);
  void check(const Node& root);

  std::optional<Pointer> pointer(const Node& node);
  std::uint16_t slot(const Node& node, bool once);
  std::uint16_t outside(const Node& node, std::string_view header);
  Mapping::Step* step(const Node& node, bool once);
  Mapping::From from(const Node& node, bool once);
  bool add_choice(const Node& node, bool once, Mapping::From& from);
  Mapping::Condition condition(const Node& node);
  void truth(const Node& node, bool& out);
  template <std::size_t N, class Enum>
  void word(const Node& node, const std::string_view (&words)[N], Enum& out);

  const Document& document_;
  Diagnostics& diagnostics_;
  Mapping mapping_;
  MappingSteps steps_;
  bool good_ = true;
};

std::optional<MappingReader::Pointer> MappingReader::pointer(const Node& node) {
  if (!node.is_scalar()) {
    error(node, "a JSON Pointer must stand here", "write one such as /usage/input_tokens");
    return std::nullopt;
  }
  std::string_view text = node.text;
  constexpr std::string_view kAround = "record:";
  const bool around = text.starts_with(kAround);
  if (around) text.remove_prefix(kAround.size());
  if (outside_name(text)) {
    error(node, "the key and the headers of a record are single values",
          around ? "write " + std::string(text) : "name a JSON Pointer here");
    return std::nullopt;
  }
  auto names = wire::pointer_names(text);
  if (!names) {
    const bool slash = text.starts_with('/');
    error(node, tocsin::quoted(node.text) + " is no JSON Pointer",
          slash ? "behind ~ stands 0 (for ~) or 1 (for /)"
                : "write /" + std::string(text) + ", or {value: " + std::string(text) +
                      "} for what is always the same");
    return std::nullopt;
  }
  if (around && !mapping_.has_each) {
    error(node, "without each: all pointers begin at the record", "write " + std::string(text));
    return std::nullopt;
  }
  return Pointer{mapping_.has_each && !around ? Root::item : Root::record, std::move(*names)};
}

std::uint16_t MappingReader::slot(const Node& node, bool once) {
  if (const auto header = node.is_scalar() ? outside_name(node.text) : std::nullopt) {
    return outside(node, *header);
  }
  const auto at = pointer(node);
  if (!at) return Mapping::kNone;
  const std::uint16_t slot = steps_.slot(at->root, at->names, once);
  if (slot == Mapping::kNone) error(node, std::string(kTooMany));
  return slot;
}

std::uint16_t MappingReader::outside(const Node& node, std::string_view header) {
  if ((header.empty() && node.text != kKey) || header.size() > kHeaderMax ||
      header.find('\0') != std::string_view::npos) {
    error(node, "this is no header's name", "write header:NAME, of at most 256 bytes");
    return Mapping::kNone;
  }
  const std::uint16_t slot = steps_.outside_slot(header);
  if (slot == Mapping::kNone) error(node, std::string(kTooMany));
  return slot;
}

Mapping::Step* MappingReader::step(const Node& node, bool once) {
  const auto at = pointer(node);
  if (!at) return nullptr;
  if (mapping_.has_each && at->root == Root::record) {
    error(node, "of the record around each only single values are read");
    return nullptr;
  }
  Mapping::Step* const step = steps_.step(at->root, at->names, once);
  if (step == nullptr) error(node, std::string(kTooMany));
  return step;
}

bool MappingReader::add_choice(const Node& node, bool once, Mapping::From& from) {
  if (!node.is_map()) {
    from.push_back({slot(node, once), {}});
    return from.back().slot != Mapping::kNone;
  }
  const Node* const value = node.find("value");
  if (value == nullptr || node.entries.size() != 1 || !value->is_scalar() || value->text.empty() ||
      value->text.size() > 256) {
    error(node, "a pointer, or what is always the same, must stand here",
          "write /model, or {value: openai}");
    return false;
  }
  from.push_back({Mapping::kNone, value->text});
  return true;
}

Mapping::From MappingReader::from(const Node& node, bool once) {
  Mapping::From from;
  if (!node.is_sequence()) {
    add_choice(node, once, from);
    return from;
  }
  if (node.items.empty()) error(node, "no pointer is written here");
  for (const Node& item : node.items) {
    if (!from.empty() && from.back().slot == Mapping::kNone) {
      error(item, "nothing comes behind a value that is always there");
    }
    if (!add_choice(item, once, from)) break;
  }
  return from;
}

Mapping::Condition MappingReader::condition(const Node& node) {
  Mapping::Condition all;
  if (node.is_scalar()) {
    all.push_back({slot(node, false), {}});
    return all;
  }
  if (!node.is_map() || node.entries.empty()) {
    error(node, "a pointer, or pointers and their values, must stand here",
          "write /usage, or {/type: [chat, embedding]}");
    return all;
  }
  for (const Entry& entry : node.entries) {
    Mapping::Test test{slot(entry.key, false), {}};
    if (entry.value.is_scalar()) test.values.push_back(entry.value.text);
    for (const Node& item : entry.value.items) {
      if (!item.is_scalar()) error(item, "a text must stand here");
      test.values.push_back(item.text);
    }
    if (test.values.empty()) error(entry.value, "a value, or a list of them, must stand here");
    all.push_back(std::move(test));
  }
  return all;
}

void MappingReader::truth(const Node& node, bool& out) {
  const auto value = node.is_scalar() ? parse_bool(node.text) : std::nullopt;
  if (!value) return error(node, "true or false must stand here");
  out = *value;
}

template <std::size_t N, class Enum>
void MappingReader::word(const Node& node, const std::string_view (&words)[N], Enum& out) {
  const auto found = std::find(std::begin(words), std::end(words), node.text);
  if (!node.is_scalar() || found == std::end(words)) {
    return error(node, "unknown unit " + tocsin::quoted(node.text), hint_for(node.text, words));
  }
  out = static_cast<Enum>(found - std::begin(words));
}

void MappingReader::each(const Node& node) {
  // Its own pointer begins at the record.
  mapping_.has_each = false;
  Mapping::Step* const at = step(node, true);
  mapping_.has_each = true;
  if (at != nullptr) at->each = true;
}

void MappingReader::inside(const Node& node) {
  std::vector<Names> all;
  for (const Node& item : node.is_sequence() ? std::span(node.items) : std::span(&node, 1)) {
    Mapping::Step* const at = step(item, true);
    if (at == nullptr) return;
    at->inside = true;
    // One text is looked into at a time.
    const Names names = *wire::pointer_names(item.text);
    const auto begins = [](const Names& a, const Names& b) {
      return a.size() <= b.size() && std::equal(a.begin(), a.end(), b.begin());
    };
    if (std::any_of(all.begin(), all.end(),
                    [&](const Names& one) { return begins(one, names) || begins(names, one); })) {
      return error(item, "a text inside of a text is not looked into", "name one of the two");
    }
    all.push_back(names);
  }
}

void MappingReader::counts(const Node& node) {
  if (!node.is_map() || node.entries.empty()) {
    return error(node, "units and their pointers must stand here",
                 "write {input: /usage/prompt_tokens, output: /usage/completion_tokens}");
  }
  for (const Entry& entry : node.entries) {
    const std::string unit = to_lower(entry.key.text);
    if (unit.empty() || unit.size() > 64) error(entry.key, "this is no unit's name");
    // What is nearly one of ours is meant to be it: as a unit of its own it would have no price.
    const auto near = nearest(unit, kUnitNames);
    if (near && *near != unit && edit_distance(unit, *near) == 1) {
      error(entry.key, "unknown unit " + tocsin::quoted(unit), hint_for(unit, kUnitNames));
    }
    mapping_.counts.push_back({unit, from(entry.value, true)});
  }
}

void MappingReader::named_properties(const Node& map) {
  for (const Entry& entry : map.entries) {
    if (entry.key.text.empty() || entry.key.text.size() > 256) {
      error(entry.key, "a property's name has 1 to 256 bytes");
    }
    mapping_.properties.push_back({entry.key.text, from(entry.value, false)});
  }
}

void MappingReader::properties(const Node& node) {
  if (node.is_map()) return named_properties(node);
  if (node.is_sequence()) {
    for (const Node& item : node.items) {
      if (item.is_sequence()) {
        error(item, "a pointer, or names and pointers, must stand here");
      } else {
        properties(item);
      }
    }
    return;
  }
  if (Mapping::Step* const at = step(node, false)) at->properties = true;
}

bool MappingReader::text_key(const Entry& entry) {
  for (const TextKey& text : kTextKeys) {
    if (text.name != entry.key.text) continue;
    mapping_.texts.push_back({text.name, text.to, from(entry.value, text.once)});
    return true;
  }
  for (const FromKey& one : kFromKeys) {
    if (one.name != entry.key.text) continue;
    mapping_.*one.to = from(entry.value, true);
    return true;
  }
  return false;
}

void MappingReader::key(const Entry& entry) {
  const std::string& name = entry.key.text;
  const Node& value = entry.value;
  if (name == "each" || text_key(entry)) return;
  if (name == "when") {
    mapping_.when = condition(value);
  } else if (name == "inside") {
    inside(value);
  } else if (name == "error") {
    mapping_.error_when = condition(value);
  } else if (name == "cached") {
    if (value.is_map() && value.find("value") == nullptr) {
      mapping_.cached_when = condition(value);
    } else {
      mapping_.cached = from(value, true);
    }
  } else if (name == "producer") {
    if (!value.is_scalar() || value.text.empty() || value.text.size() > 256) {
      error(value, "a name must stand here");
    }
    mapping_.producer = value.text;
  } else if (name == "time") {
    word(value, kTimes, mapping_.time_in);
  } else if (name == "cost_unit") {
    word(value, kCosts, mapping_.cost_in);
  } else if (name == "usage") {
    counts(value);
  } else if (name == "properties") {
    properties(value);
  } else if (name == "tags" || name == "input") {
    Mapping::Step* const at = step(value, false);
    if (at != nullptr) (name == "tags" ? at->tags : at->input) = true;
  } else if (name == "input_includes_cache") {
    truth(value, mapping_.input_includes_cache);
  } else if (name == "disjoint") {
    truth(value, mapping_.disjoint);
  } else {
    truth(value, mapping_.output_includes_reasoning);
  }
}

// What would be priced wrongly in silence.
void MappingReader::check(const Node& root) {
  if (mapping_.counts.empty() && mapping_.cost.empty()) {
    error(root, "neither usage nor cost is mapped", "add usage: {input: POINTER, output: POINTER}");
  }
  if (!mapping_.counts.empty() && root.find("model") == nullptr) {
    error(root, "\"model\" is missing", "without it usage has no price; add model: POINTER");
  }
  const bool caches =
      std::any_of(mapping_.counts.begin(), mapping_.counts.end(),
                  [](const auto& count) { return count.unit.starts_with("cache_"); });
  const bool says = root.find("input_includes_cache") != nullptr;
  if (caches && !says && !mapping_.disjoint) {
    error(*root.find("usage"), "does input count what was read from a cache, too?",
          "say input_includes_cache: true or false");
  }
  for (const auto& [unit, of] : {std::pair{"time", "timestamp"}, {"cost_unit", "cost"}}) {
    if (root.find(unit) == nullptr || root.find(of) != nullptr) continue;
    error(root.find_entry(unit)->key,
          "it says what " + tocsin::quoted(of) + " is in, which is not there",
          "add " + std::string(of) + ": POINTER");
  }
  if (mapping_.disjoint &&
      (mapping_.input_includes_cache || root.find("output_includes_reasoning") != nullptr)) {
    error(root.find_entry("disjoint")->key, "disjoint says that no count is within another",
          "leave out input_includes_cache and output_includes_reasoning");
  }
}

std::optional<Mapping> MappingReader::read(const Node& root) {
  if (root.bad) return std::nullopt;
  if (!root.is_map()) {
    error(root, "the keys of a mapping must stand here", "write {model: /model, usage: {…}}");
    return std::nullopt;
  }
  // First what says where pointers begin.
  if (const Node* const node = root.find("each")) each(*node);
  for (const Entry& entry : root.entries) {
    std::vector<std::string_view> names;
    for (const MappingKey& known : mapping_keys()) names.push_back(known.name);
    if (std::find(names.begin(), names.end(), entry.key.text) == names.end()) {
      error(entry.key, "unknown key " + tocsin::quoted(entry.key.text),
            hint_for(entry.key.text, names));
    } else if (entry.value.bad) {
      good_ = false;
    } else {
      key(entry);
    }
  }
  if (good_) check(root);
  if (!good_) return std::nullopt;
  return std::move(mapping_);
}

}  // namespace

RecordFormat::RecordFormat(Mapping&& read)
    : format(Format::mapping), mapping(std::make_shared<const Mapping>(std::move(read))) {}

bool operator==(const RecordFormat& a, const RecordFormat& b) {
  if (a.format != b.format || (a.mapping == nullptr) != (b.mapping == nullptr)) return false;
  return a.mapping == b.mapping || *a.mapping == *b.mapping;
}

EnvelopeParts envelope_parts(const RecordFormat& format) {
  EnvelopeParts parts;
  if (format.mapping == nullptr) return parts;
  for (const Mapping::Outside& one : format.mapping->outside) {
    if (one.header.empty()) {
      parts.key = true;
    } else {
      parts.headers.push_back(one.header);
    }
  }
  return parts;
}

std::span<const MappingKey> mapping_keys() { return kKeys; }

std::optional<Mapping> read_mapping(const Document& document, const Node& node,
                                    Diagnostics& diagnostics) {
  return MappingReader(document, diagnostics).read(node);
}

std::optional<Mapping> read_mapping(std::string file, std::string_view bytes,
                                    Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  const auto document = parse_yaml(std::move(file), bytes, diagnostics);
  if (!document || diagnostics.size() != before) return std::nullopt;
  return read_mapping(*document, document->root, diagnostics);
}

}  // namespace tocsin
