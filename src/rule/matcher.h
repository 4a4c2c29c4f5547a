// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rule/condition.h"
#include "rule/field.h"
#include "rule/field_masks.h"
#include "rule/rule.h"

namespace tocsin {

// Finds the rules that an event belongs to. Every field is looked up once an event; what its value
// makes of all rules' conditions on that field is one mask (FieldMasks), and the masks of all
// fields are joined: a thousand rules cost what the few that match cost. What a rule asks of
// several fields at once is asked of the rules that are left. One thread each; no allocation once
// the values are known.
class Matcher {
 public:
  // `rules` are not kept, but their filters are shared. `seed`: of the hash of values.
  explicit Matcher(std::span<const Rule> rules, std::uint64_t seed = 0);

  // The indices of the rules that match, ascending, into `matching` (cleared first). The event must
  // live until append_group() is done with.
  void match(const EventContext& context, std::vector<std::uint32_t>& matching);

  // The group of the last event under rule `index` (tocsin/group.h): its bytes, and it written to
  // `out` up to the end that is answered, or appended to `key`.
  std::size_t group_size(std::uint32_t index) const;
  char* write_group(std::uint32_t index, char* out) const;
  void append_group(std::uint32_t index, std::string& key) const;

 private:
  // A clause over the shared questions: a node and the range of its parts in parts_.
  struct Test {
    Clause::Kind kind;
    std::uint32_t first = 0;  // condition: the question
    std::uint32_t count = 0;
  };
  struct Question {
    std::shared_ptr<const Condition> condition;
    FieldReader::Slot slot = 0;
    bool tags = false;
    bool answer = false;
    std::uint64_t asked = 0;  // the event of the answer
  };
  struct Compiled {
    std::shared_ptr<const Filter> filter;
    std::vector<std::uint32_t> tests;  // what is left to ask when no field rules it out
    bool as_it_is = false;             // a filter of another make: asked itself
    std::vector<FieldReader::Slot> group;
  };
  struct Field {
    FieldReader::Slot slot = 0;
    FieldMasks masks;
  };
  using Needs = std::map<std::pair<bool, FieldReader::Slot>, std::vector<FieldMasks::Need>>;

  void compile(const WhereFilter& where, std::uint32_t rule, std::uint64_t seed);
  void divide(const Clause& part, bool negated, Compiled& compiled, Needs& needs);
  FieldMasks& masks_of(bool tags, FieldReader::Slot slot, std::uint64_t seed);
  std::uint32_t test(const Clause& clause);
  std::uint32_t negation(std::uint32_t test);
  std::uint32_t question(const std::shared_ptr<const Condition>& condition);
  bool holds(std::uint32_t test, const Event& event);
  bool ask(Question& question, const Event& event);
  bool left_holds(const Compiled& compiled, const EventContext& context);

  FieldReader fields_;
  std::vector<Compiled> rules_;
  std::vector<Test> tests_;
  std::vector<std::uint32_t> parts_;
  std::vector<Question> questions_;
  std::unordered_map<std::string, std::uint32_t> question_by_text_;
  std::vector<Field> by_field_;
  std::optional<FieldMasks> by_tag_;
  RuleMask all_;
  RuleMask left_;  // rules that no field has ruled out yet
  RuleMask of_tags_;
  std::uint64_t event_ = 0;
};

}  // namespace tocsin
