// SPDX-License-Identifier: Apache-2.0
#include "event/mapped.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "event/name_table.h"
#include "event/number.h"
#include "event/provider_name.h"
#include "event/provider_usage.h"
#include "event/timestamp.h"

namespace tocsin::wire {
namespace {

constexpr std::size_t kRecordStep = 0;
constexpr std::size_t kItemStep = 1;

using Slots = std::array<Scalar, Mapping::kSlotsMax>;

struct UnitPart {
  std::string_view unit;
  Part part;
};
constexpr UnitPart kUnitParts[] = {{"input", Part::plain_input},
                                   {"output", Part::output},
                                   {"cache_read", Part::cache_read},
                                   {"cache_write", Part::cache_write_5m},
                                   {"cache_write_1h", Part::cache_write_1h},
                                   {"reasoning", Part::reasoning},
                                   {"web_search", Part::web_search}};

// `none`: a unit that is within no other.
Part part_of(std::string_view unit) {
  for (const UnitPart& one : kUnitParts) {
    if (one.unit == unit) return one.part;
  }
  for (const Modality& of : kModalities) {
    if (of.input_unit == unit) return of.input;
    if (of.cached_unit == unit) return of.cached;
    if (of.output_unit == unit) return of.output;
  }
  return Part::none;
}

void add(ProviderUsage& usage, Part to, std::int64_t count) {
  if (count > 0) usage.set(to, std::min(usage[to] + count, kCountMax));
}

// Gathers what the pointers point at, wherever it stands, and then fills the event with it.
class Mapped {
 public:
  Mapped(Reader& reader, const Mapping& mapping)
      : reader_(reader), event_(reader.event), mapping_(mapping) {}

  bool read_record() {
    for (const Mapping::Outside& one : mapping_.outside) slots_[one.slot] = outside(one);
    return object(mapping_.steps[kRecordStep]);
  }
  bool read_item() { return object(mapping_.steps[kItemStep]); }
  void finish();

  // Of the record: where the array of `each` is; nothing if there is none.
  std::optional<Reader::Mark> items() const { return items_; }
  const Slots& slots() const { return slots_; }
  void begin_item(const Slots& around) {
    slots_ = around;
    seen_.reset();
  }

 private:
  using Step = Mapping::Step;

  Scalar outside(const Mapping::Outside& one);
  bool object(const Step& step);
  bool array(const Step& step);
  bool next(const Step::Next* next, std::string_view name);
  bool value(const Step& step, std::string_view name);
  bool content(const Step& step);
  bool below(const Step& step);
  bool open(const Step& step);

  Scalar first_of(const Mapping::From& from) const;
  bool holds(const Mapping::Condition& condition) const;
  void take_time();
  void take_counts();
  void count(const Mapping::Count& one, ProviderUsage& usage);

  Reader& reader_;
  Event& event_;
  const Mapping& mapping_;
  Slots slots_{};
  std::bitset<Mapping::kStepsMax> seen_;
  std::optional<Reader::Mark> items_;
};

const Mapping::Step::Next* find(const Mapping::Step& step, const Name& name) {
  for (const auto& next : step.next) {
    if (next.name.size() == name.text.size() && next.head == name.head && next.tail == name.tail &&
        (name.is_short() || next.name == name.text)) {
      return &next;
    }
  }
  return nullptr;
}

// The text is copied: an envelope's may be gone before the batch is.
Scalar Mapped::outside(const Mapping::Outside& one) {
  const Record* const record = reader_.record;
  if (record == nullptr || record->envelope == nullptr) return {};
  const auto read = one.header.empty() ? record->envelope->key(*record)
                                       : record->envelope->header(*record, one.header);
  if (!read) return {};
  if (!is_utf8(*read)) return {Kind::container, "bytes that are no text"};
  const std::string_view text = reader_.keep(*read);
  return {Kind::text, text.data() == read->data() ? reader_.store(text) : text};
}

bool Mapped::object(const Step& step) {
  return reader_.each_field([&](const Name& name) { return next(find(step, name), name.text); });
}

bool Mapped::array(const Step& step) {
  std::uint64_t index = 0;
  return reader_.each_item([&] {
    const auto at = std::find_if(step.next.begin(), step.next.end(),
                                 [&](const auto& one) { return one.index == index; });
    ++index;
    return next(at == step.next.end() ? nullptr : &*at, "an item");
  });
}

bool Mapped::next(const Step::Next* next, std::string_view name) {
  if (next == nullptr) return reader_.skip();
  const Step& step = mapping_.steps[next->step];
  if (seen_[next->step]) {
    if (step.once) reader_.refuse(QuarantineReason::duplicate_key, name, "twice");
    return reader_.skip();
  }
  seen_.set(next->step);
  return value(step, name);
}

bool Mapped::value(const Step& step, std::string_view name) {
  if (step.inside && reader_.tokens.first() == '"') {
    return reader_.inside(name, [&] { return content(step); });
  }
  return content(step);
}

bool Mapped::content(const Step& step) {
  const Reader::Mark start = reader_.mark();
  if (step.properties && reader_.tokens.first() == '{') {
    if (!reader_.properties()) return false;
    reader_.go_to(start);
  }
  if (step.tags) {
    if (!reader_.tags()) return false;
    reader_.go_to(start);
  }
  if (step.input) {
    if (!reader_.input(event_.input_hash)) return false;
    reader_.go_to(start);
  }
  if (step.each && reader_.tokens.first() == '[') items_ = start;
  return below(step);
}

bool Mapped::below(const Step& step) {
  const char first = reader_.tokens.first();
  if (first == '{' || first == '[') {
    if (step.slot != Mapping::kNone) {
      slots_[step.slot] = {Kind::container, first == '{' ? "an object" : "an array"};
    }
    return open(step);
  }
  if (step.slot != Mapping::kNone) return reader_.scalar(slots_[step.slot]);
  return reader_.skip();
}

bool Mapped::open(const Step& step) {
  if (step.next.empty()) return reader_.skip();
  return reader_.tokens.first() == '{' ? object(step) : array(step);
}

Scalar Mapped::first_of(const Mapping::From& from) const {
  for (const Mapping::Choice& choice : from) {
    if (choice.slot == Mapping::kNone) return {Kind::text, choice.value};
    const Scalar& read = slots_[choice.slot];
    if (read.kind != Kind::null && !read.text.empty()) return read;
  }
  return {};
}

bool Mapped::holds(const Mapping::Condition& condition) const {
  return std::all_of(condition.begin(), condition.end(), [&](const Mapping::Test& test) {
    const Scalar& read = slots_[test.slot];
    if (read.kind == Kind::null) return false;
    return test.values.empty() ||
           (read.kind != Kind::container &&
            std::find(test.values.begin(), test.values.end(), read.text) != test.values.end());
  });
}

void Mapped::take_time() {
  const Scalar read = first_of(mapping_.timestamp);
  if (read.kind == Kind::null) return;
  if (read.kind == Kind::boolean || read.kind == Kind::container) {
    return reader_.refuse(QuarantineReason::wrong_type, "timestamp", read.text);
  }
  switch (mapping_.time_in) {
    case Mapping::TimeIn::rfc3339: event_.time = read_date_time(read.text, Zone::required); break;
    case Mapping::TimeIn::s: event_.time = read_epoch(read.text, 0); break;
    case Mapping::TimeIn::ms: event_.time = read_epoch(read.text, 3); break;
    case Mapping::TimeIn::us: event_.time = read_epoch(read.text, 6); break;
    case Mapping::TimeIn::ns: event_.time = read_epoch(read.text, 9); break;
    case Mapping::TimeIn::utc: event_.time = read_timestamp(read.text, Zone::utc_if_absent); break;
    case Mapping::TimeIn::any: event_.time = read_timestamp(read.text, Zone::required); break;
  }
  if (!event_.time) reader_.refuse(QuarantineReason::bad_timestamp, "timestamp", read.text);
}

void Mapped::count(const Mapping::Count& one, ProviderUsage& usage) {
  const Scalar read = first_of(one.from);
  std::int64_t amount = -1;
  reader_.take_count(read, std::nullopt, one.unit, amount);
  if (amount < 0) return;  // not there, or refused
  event_.has_usage = true;
  Part part = part_of(one.unit);
  if (part == Part::none) {
    if (amount > 0) event_.usage.others.emplace_back(one.unit, amount);
    return;
  }
  const bool includes = mapping_.input_includes_cache && !mapping_.disjoint;
  const bool beside = mapping_.disjoint || !mapping_.output_includes_reasoning;
  if (part == Part::plain_input && includes) part = Part::prompt;
  if (part == Part::reasoning && beside) part = Part::thoughts;
  usage.set(part, amount);
}

void Mapped::take_counts() {
  ProviderUsage usage;
  for (const Mapping::Count& one : mapping_.counts) count(one, usage);
  if (mapping_.disjoint) {
    // settle() takes these as parts of their whole, and what was cached as a part of either.
    for (const Modality& of : kModalities) {
      add(usage, Part::cache_read, usage[of.cached]);
      add(usage, Part::plain_input, usage[of.input]);
      add(usage, of.input, usage[of.cached]);
      add(usage, Part::output, usage[of.output]);
    }
  }
  if (usage.seen != 0 && event_.has_usage) settle(usage, reader_);
}

void Mapped::finish() {
  if (!holds(mapping_.when)) return reader_.pass_over();
  for (const Mapping::Text& text : mapping_.texts) {
    reader_.take_text(first_of(text.from), text.name, event_.*text.to);
  }
  event_.producer = mapping_.producer;
  event_.provider = event_.provider.empty() ? maker_of(event_.model)
                                            : provider_name(reader_.lowered(event_.provider));
  take_time();
  reader_.take_status(first_of(mapping_.status));
  if (!mapping_.error_when.empty() && holds(mapping_.error_when) && !event_.is_error()) {
    event_.status = 500;
  }
  reader_.take_latency(first_of(mapping_.latency));
  reader_.take_flag(first_of(mapping_.cached), "cached", event_.cached);
  if (!mapping_.cached_when.empty() && holds(mapping_.cached_when)) event_.cached = true;
  reader_.take_flag(first_of(mapping_.byok), "byok", event_.byok);
  reader_.take_cost(first_of(mapping_.cost), "cost", event_.reported_cost,
                    mapping_.cost_in == Mapping::CostIn::usd     ? read_cost
                    : mapping_.cost_in == Mapping::CostIn::cents ? read_cents
                                                                 : read_nano_cost);
  // What gateways write where they do not know.
  if (event_.reported_cost == Money{}) event_.reported_cost.reset();
  take_counts();
  for (const Mapping::NamedFrom& one : mapping_.properties) {
    reader_.add_property(Name(one.name), first_of(one.from));
  }
  reader_.fill_from_properties();
}

}  // namespace

bool read_mapped(Reader& reader, const Mapping& mapping) {
  Mapped mapped(reader, mapping);
  if (!mapped.read_record()) return false;
  mapped.finish();
  return true;
}

bool tell_mapped_items(Reader& reader, const Mapping& mapping, bool alone, Teller& teller) {
  reader.begin_event();
  Mapped mapped(reader, mapping);
  if (!mapped.read_record() || (alone && !reader.tokens.done())) return false;
  const Reader::Mark end = reader.mark();
  if (!mapped.items()) reader.pass_over();
  if (!mapped.items() || reader.refused()) {
    teller.tell(reader);
    return true;
  }
  const Slots around = mapped.slots();
  reader.go_to(*mapped.items());
  const bool read = reader.each_item([&] {
    reader.begin_event();
    mapped.begin_item(around);
    if (reader.tokens.first() != '{') {
      reader.refuse(QuarantineReason::unknown_format, "an item", "not an object");
      if (!reader.skip()) return false;
    } else {
      if (!mapped.read_item()) return false;
      mapped.finish();
    }
    teller.tell(reader);
    return true;
  });
  reader.go_to(end);
  return read;
}

}  // namespace tocsin::wire
