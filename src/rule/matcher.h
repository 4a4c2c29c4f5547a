// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rule/condition.h"
#include "rule/field.h"
#include "rule/rule.h"

namespace tocsin {

// Finds the rules that an event belongs to. Every field is looked up once an event and every
// question asked at most once, however many rules share it; rules that ask for exact values are
// found by the value, so a thousand of them cost what the few that match cost. One thread each; no
// allocation once warm.
class Matcher {
 public:
  // `rules` are not kept, but their filters are shared.
  explicit Matcher(std::span<const Rule> rules);

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
    std::uint32_t test = 0;
    bool always = false;                  // it has no filter
    std::shared_ptr<const Filter> other;  // a filter of another make: asked as it is
    std::vector<FieldReader::Slot> group;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  struct Index {
    FieldReader::Slot slot;
    std::unordered_map<std::string, std::vector<std::uint32_t>, TextHash, std::equal_to<>> rules;
  };

  std::uint32_t compile(const Clause& clause);
  std::uint32_t question(const std::shared_ptr<const Condition>& condition);
  // False if no condition of the clause can find the rule by a value.
  bool index_by_value(const Clause& clause, std::uint32_t rule);
  bool holds(std::uint32_t test, const Event& event);
  bool ask(Question& question, const Event& event);
  void try_rule(std::uint32_t rule, const EventContext& context,
                std::vector<std::uint32_t>& matching);

  FieldReader fields_;
  std::vector<Compiled> rules_;
  std::vector<Test> tests_;
  std::vector<std::uint32_t> parts_;
  std::vector<Question> questions_;
  std::unordered_map<std::string, std::uint32_t> question_by_text_;
  std::vector<Index> indices_;
  std::vector<std::uint32_t> unindexed_;
  std::uint64_t event_ = 0;
};

}  // namespace tocsin
