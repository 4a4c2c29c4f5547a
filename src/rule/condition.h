// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/glob.h"
#include "match/pattern.h"
#include "rule/filter.h"
#include "rule/listed_values.h"
#include "tocsin/decimal.h"

namespace tocsin {

// One question about one field. Immutable once read.
struct Condition {
  enum class Kind : std::uint8_t { any_of, exists, above, below };

  FieldRef field;
  std::string field_name{};  // as the rule writes it
  Kind kind = Kind::any_of;
  std::vector<std::string> values{};  // any_of: compared exactly
  struct NamedGlob {
    std::string text;
    Glob glob;
  };
  struct NamedPattern {
    std::string text;
    Pattern pattern;
  };
  std::vector<NamedGlob> globs{};
  std::vector<NamedPattern> patterns{};
  std::shared_ptr<const ListedValues> listed{};  // null: no file is named
  int128 number = 0;                             // above, below: in 10^-12

  // Of the field's text; a missing value (empty) satisfies nothing.
  bool holds(std::string_view text) const;
  // Of fields with many values (tags): one is enough.
  bool holds_of_tags(const std::vector<std::string_view>& tags) const;

  // The same text for the same question.
  std::string canonical() const;
};

// Conditions joined.
struct Clause {
  enum class Kind : std::uint8_t { all, any, none, condition };

  Kind kind = Kind::all;                       // without parts: holds for every event
  std::vector<Clause> parts;                   // all, any, none (one part: not)
  std::shared_ptr<const Condition> condition;  // of kind condition
  std::string text{};  // as people read it: "Environment = production"; empty: see its parts

  std::string canonical() const;
};

bool holds(const Clause& clause, const EventContext& context);

// The same, each condition being answered by `ask`.
template <class Ask>
bool holds_by(const Clause& clause, const Ask& ask) {
  const auto part_holds = [&ask](const Clause& part) { return holds_by(part, ask); };
  switch (clause.kind) {
    case Clause::Kind::all:
      return std::all_of(clause.parts.begin(), clause.parts.end(), part_holds);
    case Clause::Kind::any:
      return std::any_of(clause.parts.begin(), clause.parts.end(), part_holds);
    case Clause::Kind::none:
      return std::none_of(clause.parts.begin(), clause.parts.end(), part_holds);
    case Clause::Kind::condition: break;
  }
  return ask(*clause.condition);
}

// `all` of the two, without needless levels.
Clause both(Clause a, Clause b);

// A `where` of a rule.
struct Where {
  Clause clause;
  std::string text;  // as people read it: "Environment = production and model = gpt-4*"
};

// A clause as a Filter.
class WhereFilter final : public Filter {
 public:
  explicit WhereFilter(Clause clause) : clause_(std::move(clause)) {}
  bool matches(const EventContext& context) const override;
  std::string canonical() const override { return clause_.canonical(); }
  const Clause& clause() const { return clause_; }

 private:
  Clause clause_;
};

}  // namespace tocsin
