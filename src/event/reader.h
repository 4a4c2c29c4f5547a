// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/decoder.h"
#include "event/name_table.h"
#include "event/number.h"
#include "event/texts.h"
#include "event/timestamp.h"
#include "event/tokens.h"
#include "tocsin/event.h"
#include "tocsin/source.h"

namespace tocsin::wire {

inline constexpr int kDepthMax = 32;
inline constexpr std::size_t kPropertiesMax = 64;
inline constexpr std::size_t kTagsMax = 64;
inline constexpr std::size_t kUnitsMax = 64;  // in one event, beyond those of Unit

enum class Kind : std::uint8_t { null, boolean, number, text, container };

struct Scalar {
  Kind kind = Kind::null;
  std::string_view text;  // of a number and a boolean as written; of a text its content
};

// What an object shows itself to be that is read as another for want of knowing better: perhaps
// Helicone's, or whose all of its names must tell.
enum class Foreign : std::uint8_t { no, helicone, some };

// Reads one event's values into `event`, each where the tokens stand. A value that cannot stand is
// noted (the first one counts) and reading goes on, so that what follows is still known to be JSON.
// Every function that reads returns false only when the bytes are no JSON, or too deep: nothing
// more can be read then.
class Reader {
 public:
  Event event;
  Tokens tokens;

  void begin_document();
  void begin_event();
  // Goes back to where it was at `mark`, which is of the same document.
  struct Mark {
    Tokens::Place place = nullptr;
    int depth = 0;
  };
  Mark mark() const { return {tokens.place(), depth_}; }
  void go_to(Mark mark) {
    tokens.go_to(mark.place);
    depth_ = mark.depth;
  }
  void begin_batch() {
    texts_.clear();
    clear_insides();
  }

  template <class F>  // bool(const Name&), with the tokens at its value
  bool each_field(F&& on_field);
  template <class F>  // bool(), with the tokens at the item
  bool each_item(F&& on_item);

  // Reads what nobody keeps. Escapes within its texts are not checked.
  bool skip();
  // Any container, null or scalar where an object is wanted is as good as none.
  template <class F>
  bool each_field_if_object(F&& on_field) {
    return tokens.first() == '{' ? each_field(std::forward<F>(on_field)) : skip();
  }
  template <class F>
  bool each_item_if_array(F&& on_item) {
    return tokens.first() == '[' ? each_item(std::forward<F>(on_item)) : skip();
  }
  // Goes behind a value whose grammar is of no interest yet.
  void pass();
  // The tokens are at a text, which is passed. If it begins as an object or an array does,
  // `on_value` is called with the tokens at that; a text of another kind is as good as none.
  template <class F>  // bool()
  bool inside(std::string_view field, F&& on_value);

  // A null leaves `out` as it is, here and below.
  bool scalar(Scalar& out);
  // Any scalar as text; containers are a wrong type.
  bool text(std::string_view field, std::string_view& out);
  bool lower_text(std::string_view field, std::string_view& out);
  bool count(std::string_view field, std::int64_t& out);
  bool flag(std::string_view field, bool& out);
  bool status();
  bool latency();
  bool time(Zone zone, std::string_view field, std::optional<EventTime>& out);
  bool cost(std::string_view field, std::optional<Money>& out);
  bool usage();
  bool tags();
  bool properties();
  // Skips what a model was asked; of it remains its hash, if there is a key. A null is nothing.
  bool input(std::string_view& hash);
  // The tokens are at a name: its text as it is meant, which lives until the next batch.
  bool name(Name& out);

  // The same, of values that were read by other means than the tokens. A count may come without a
  // text.
  void take_count(const Scalar& read, std::optional<std::int64_t> whole, std::string_view field,
                  std::int64_t& out);
  void take_cost(const Scalar& read, std::string_view field, std::optional<Money>& out,
                 Parsed<Money> (*parse)(std::string_view) = read_cost);
  void take_text(const Scalar& read, std::string_view field, std::string_view& out);
  void take_flag(const Scalar& read, std::string_view field, bool& out);
  void take_status(const Scalar& read, std::optional<std::int64_t> count = std::nullopt);
  void take_latency(const Scalar& read, std::optional<std::int64_t> count = std::nullopt);
  void add_property(const Name& name, const Scalar& value);
  // Texts that live until the next batch; `keep` copies only what is too long.
  std::string_view keep(std::string_view text) {
    return text.size() <= kTextMax ? text : cut(text);
  }
  std::string_view store(std::string_view text) { return texts_.store(text); }
  std::string_view lowered(std::string_view text) { return texts_.store_lower(text); }

  // The value of a property, by name in any case; empty if there is none.
  std::string_view property(std::string_view name) const;
  // Fills service, team, key, environment and agent from the properties of those names.
  void fill_from_properties();

  void refuse(QuarantineReason reason, std::string_view field, std::string_view token);
  bool refused() const { return refused_; }
  QuarantineReason reason() const { return reason_; }
  const std::string& detail() const { return detail_; }
  bool too_deep() const { return too_deep_; }

  DecodeCounts counts;
  std::optional<std::uint64_t> input_key;
  const Record* record = nullptr;  // that the document is of; null: nobody knows it

  // While an object is read for want of knowing better: whether a name was met that others have.
  // What was read since is worth nothing then, and reading has stopped.
  bool guessing = false;
  Foreign foreign = Foreign::no;
  // What was read is no request to a model.
  bool passed = false;
  void pass_over() {
    if (refused_) return;
    passed = true;
    ++counts.spans_passed;
  }

 private:
  bool enter();
  bool leave();
  static bool literal(std::string_view token, Kind& kind);
  bool plain(std::string_view token, Scalar& out);
  bool scalar_or_count(Scalar& out, std::optional<std::int64_t>& count);
  template <class T, class Out>
  void number(const Scalar& read, std::string_view field, Parsed<T> (*parse)(std::string_view),
              Out& out);
  // Of a text that its quotes enclose.
  std::string_view content(std::string_view raw) {
    return tokens.has_escapes() || raw.size() > kTextMax ? mended(raw) : raw;
  }
  std::string_view mended(std::string_view raw);
  Name escaped_name(std::string_view raw);
  bool other_text(std::string_view field, std::string_view& out);
  std::string_view cut(std::string_view text);
  bool unit(const Name& named);
  bool note_unit(std::string_view name, std::uint8_t known);
  // `told`: its value, if the tokens are not at it.
  bool property_value(const Name& name, const Scalar* told);
  bool known_property(const Name& lowered) const;
  void name_property(const Name& name, const Name& lowered);

  std::optional<std::string_view> whole_text(std::string_view raw);
  static bool opens(std::string_view text);
  bool begin_inside(std::string_view text);
  void clear_insides();

  Texts texts_;
  Tokens other_tokens_;              // while those inside a text are walked, the text's
  std::deque<std::string> insides_;  // the first `insides_used_` are in use until the next batch
  std::size_t insides_used_ = 0;
  int depth_ = 0;
  bool too_deep_ = false;

  bool refused_ = false;
  QuarantineReason reason_ = QuarantineReason::broken_json;
  std::string detail_;
  std::string_view parent_;  // what stands before a field's name in `detail_`

  std::uint32_t units_seen_ = 0;
  std::vector<std::string_view> other_units_seen_;
  // The names of the properties so far and, behind these, of the last event that had more: most
  // likely the next ones are the same. No two are.
  struct PropertyName {
    std::string text;
    std::uint64_t head = 0, tail = 0;  // as Name has them
    std::uint64_t lowered_head = 0, lowered_tail = 0;
    std::uint8_t owner = 0;

    bool is(const Name& name) const {
      return text.size() == name.text.size() && head == name.head && tail == name.tail &&
             (name.is_short() || text == name.text);
    }
    bool is_lowered(const Name& lowered) const {
      return text.size() == lowered.text.size() && lowered_head == lowered.head &&
             lowered_tail == lowered.tail && (lowered.is_short() || same_name(text, lowered.text));
    }
  };
  std::vector<PropertyName> property_names_;
  std::array<std::string_view, 6> owners_{};  // by Owner in reader.cc
  std::string scratch_;
};

// Is it the name of a Unit?
bool is_unit(const Name& name);

// Is a token that begins with a quote a whole text?
inline bool is_text(std::string_view token) { return token.size() >= 2 && token.back() == '"'; }
inline std::string_view inner(std::string_view token) { return token.substr(1, token.size() - 2); }

[[gnu::always_inline]] inline bool Reader::name(Name& out) {
  if (tokens.first() != '"') return false;
  const std::string_view token = tokens.take();
  if (!is_text(token)) return false;
  out = tokens.has_escapes() ? escaped_name(inner(token)) : Name(inner(token));
  return true;
}

[[gnu::always_inline]] inline bool Reader::text(std::string_view field, std::string_view& out) {
  if (tokens.first() != '"') return other_text(field, out);
  const std::string_view token = tokens.take();
  if (!is_text(token)) return false;
  out = content(inner(token));
  return true;
}

// Of the token after an object or an array only what is not its last is asked (Tokens).
template <class F>
bool Reader::each_field(F&& on_field) {
  if (!enter()) return false;
  while (tokens.first() != '}') {
    Name field;
    if (!name(field) || tokens.first() != ':') return false;
    tokens.pass();
    if (!on_field(std::as_const(field))) return false;
    if (tokens.first() == '}') break;
    if (tokens.first() != ',') return false;
    tokens.pass();
    if (tokens.first() != '"') return false;
  }
  return leave();
}

template <class F>
bool Reader::each_item(F&& on_item) {
  if (!enter()) return false;
  while (tokens.first() != ']') {
    if (!on_item()) return false;
    if (tokens.first() == ']') break;
    if (tokens.first() != ',') return false;
    tokens.pass();
    if (tokens.first() == ']') return false;
  }
  return leave();
}

template <class F>
bool Reader::inside(std::string_view field, F&& on_value) {
  const std::string_view token = tokens.take();
  if (!is_text(token)) return false;
  const auto text = whole_text(inner(token));
  if (!text || !opens(*text)) return true;
  const Mark after = mark();
  std::swap(tokens, other_tokens_);
  const bool whole = begin_inside(*text) && on_value() && tokens.done();
  std::swap(tokens, other_tokens_);
  go_to(after);
  too_deep_ = false;
  if (!whole) refuse(QuarantineReason::broken_json, field, "a text that holds no JSON");
  return true;
}

inline bool Reader::enter() {
  tokens.pass();
  too_deep_ = ++depth_ > kDepthMax;
  return !too_deep_;
}

// Behind the end of the outermost container there may be nothing, behind others must be something.
inline bool Reader::leave() {
  tokens.pass();
  --depth_;
  return depth_ == 0 || !tokens.done();
}

}  // namespace tocsin::wire
