// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "document/document.h"

namespace tocsin {

// Thrown through the YAML library when an error is told that leaves nothing sound to read on.
struct YamlAborted {};

// Takes the YAML library's events, compares each with the bytes it came from, and builds nodes.
class YamlBuilder final : public YAML::EventHandler {
 public:
  // A collection that is not closed yet.
  struct Open {
    Node node;
    bool flow = false;
    std::optional<Node> key;  // of a map: its value is next
    std::unordered_map<std::string, int> key_lines;
  };

  YamlBuilder(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), text_(source.text()), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override;
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override;
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override;

  std::optional<Node>& root() { return root_; }
  const std::vector<Open>& open() const { return open_; }
  // After the last byte that is accounted for.
  std::size_t cursor() const { return cursor_; }
  // Where the last whole value began.
  std::size_t last_start() const { return last_start_; }
  // The last scalar was told to run over its line's end.
  bool ran_over() const { return ran_over_; }

 private:
  Node begin(std::size_t offset);
  void begin_collection(std::size_t offset, Node::Kind kind, const std::string& tag,
                        YAML::anchor_t anchor, bool flow);
  void end_collection(char bracket);
  void add(Node node);
  void add_to_map(Open& map, Node node);

  void plain_scalar(Node& node, const std::string& value);
  void marked_scalar(Node& node, const std::string& value);
  void tag_error(Node& node, const std::string& tag, const std::string& value);
  void anchor_error(Node& node);
  void check_value(Node& node);

  void null_value(const Node& key, std::size_t mark);
  bool comma_made_it(Open& map, const Node& key);
  bool comment_made_it(std::size_t from);
  void null_item(std::size_t mark);
  bool null_word(std::size_t at, const std::string& hint);
  void check_gap(std::size_t until);
  bool inside(std::string_view key) const;
  void error(std::size_t offset, std::size_t bytes, std::string message, std::string hint = {});

  const SourceText& source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::vector<Open> open_;
  std::optional<Node> root_;
  std::size_t cursor_ = 0;
  std::size_t last_start_ = 0;
  std::size_t comma_chain_end_ = 0;  // of the keys that a comma made, told already
  bool resync_ = false;              // the extent of what came last is not known
  bool ran_over_ = false;
  bool document_seen_ = false;
  int nodes_ = 0;
  // For places in ascending order, so that one long line is walked once.
  std::size_t placed_offset_ = 0;
  Place placed_;
};

}  // namespace tocsin
