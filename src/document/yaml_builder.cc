// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_builder.h"

#include <algorithm>
#include <utility>

#include "document/utf8.h"
#include "document/yaml.h"
#include "document/yaml_lex.h"

namespace tocsin {
namespace {

constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";
constexpr std::string_view kCommentMessage = "# starts a comment; channels are named without it";

bool is_null_word(std::string_view word) {
  return word == "null" || word == "Null" || word == "NULL" || word == "~";
}

std::size_t offset_of(const YAML::Mark& mark) { return static_cast<std::size_t>(mark.pos); }

}  // namespace

void YamlBuilder::error(std::size_t offset, std::size_t bytes, std::string message,
                        std::string hint) {
  if (is_full(diagnostics_, Diagnostic::Level::error)) throw YamlAborted{};
  diagnostics_.push_back(source_.error(offset, bytes, std::move(message), std::move(hint)));
}

bool YamlBuilder::inside(std::string_view key) const {
  return std::any_of(open_.begin(), open_.end(),
                     [key](const Open& open) { return open.key && open.key->text == key; });
}

void YamlBuilder::OnDocumentStart(const YAML::Mark& mark) {
  if (document_seen_) {
    error(offset_of(mark), 1, "one document per file");
    throw YamlAborted{};
  }
  document_seen_ = true;
}

void YamlBuilder::OnDocumentEnd() { check_gap(text_.size()); }

// What lies between two values is blanks, comments and brackets; anything else the library has
// dropped without a word.
void YamlBuilder::check_gap(std::size_t until) {
  if (std::exchange(resync_, false)) {
    cursor_ = std::max(cursor_, until);
    return;
  }
  for (; cursor_ < until; ++cursor_) {
    if (comment_at(text_, cursor_)) {
      cursor_ = std::min(text_.find('\n', cursor_), until - 1);
    } else if (std::string_view(" \t\n,:-?[]{}.").find(text_[cursor_]) == std::string_view::npos) {
      error(cursor_, meant_word(text_, cursor_).size(), "YAML has no place for this text",
            "quote the value it belongs to");
      throw YamlAborted{};
    }
  }
}

Node YamlBuilder::begin(std::size_t offset) {
  check_gap(offset);
  ran_over_ = false;
  if (++nodes_ > kYamlNodesMax) {
    error(offset, 1, "more than " + std::to_string(kYamlNodesMax) + " values in one file");
    throw YamlAborted{};
  }
  if (offset < placed_offset_) {
    placed_ = source_.place(offset);
  } else {
    for (std::size_t i = placed_offset_; i < offset;) {
      const bool line_end = text_[i] == '\n';
      i = decode_utf8(text_, i).next;
      placed_ = line_end ? Place{placed_.line + 1, 1} : Place{placed_.line, placed_.column + 1};
    }
  }
  placed_offset_ = offset;
  Node node;
  node.offset = offset;
  node.line = placed_.line;
  node.column = placed_.column;
  return node;
}

void YamlBuilder::add(Node node) {
  last_start_ = node.offset;
  if (open_.empty()) {
    root_ = std::move(node);
  } else if (open_.back().node.is_map()) {
    add_to_map(open_.back(), std::move(node));
  } else {
    open_.back().node.items.push_back(std::move(node));
  }
}

void YamlBuilder::add_to_map(Open& map, Node node) {
  if (!map.key) {
    if (!node.is_scalar()) {
      error(node.offset, 1, "a key must be text", "quote it");
      throw YamlAborted{};
    }
    map.key = std::move(node);
    return;
  }
  Node key = std::move(*map.key);
  map.key.reset();
  const bool null = node.is_scalar() && node.bytes == 0;
  if (!null && !key.bad) {
    const auto [first, fresh] = map.key_lines.try_emplace(key.text, key.line);
    if (!fresh) {
      error(key.offset, key.bytes, quoted(key.text) + " is written twice",
            "first on line " + std::to_string(first->second));
      map.node.bad = true;
      return;
    }
  }
  map.node.entries.push_back({std::move(key), std::move(node)});
}

void YamlBuilder::anchor_error(Node& node) {
  node.bytes = meant_word(text_, node.offset).size();
  error(node.offset, node.bytes, "\"&\" makes an anchor, and anchors are not allowed",
        "quote text that starts with &");
  node.bad = true;
  resync_ = true;
}

void YamlBuilder::tag_error(Node& node, const std::string& tag, const std::string& value) {
  std::size_t end = node.offset + meant_word(text_, node.offset).size();
  const std::size_t at = value.empty() ? std::string_view::npos : text_.find(value, node.offset);
  if (at != std::string_view::npos) end = std::max(end, at + value.size());
  end = std::min({end, text_.size(), text_.find('\n', node.offset)});
  node.bytes = end - node.offset;
  const auto written = text_.substr(node.offset, node.bytes);
  std::string message = quoted(written) + " is a YAML tag";
  std::string hint = "quote text that starts with !";
  const auto word = tag.starts_with('!') && tag.size() > 1 ? std::string_view(tag).substr(1)
                                                           : std::string_view(value);
  if (inside("where")) {
    const Open& map = open_.back();
    const std::string field = map.key ? map.key->text : "value";
    message += value.empty() ? ", so this would match an empty " + field
                             : ", so this would match " + field + " = " + value;
    hint = "write {not: " + std::string(word) + "}";
  }
  error(node.offset, node.bytes, std::move(message), std::move(hint));
  node.bad = true;
  resync_ = true;
}

void YamlBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t) {
  Node node = begin(offset_of(mark));
  const auto word = meant_word(text_, node.offset);
  node.bytes = word.size();
  error(node.offset, node.bytes, "a pattern that starts with * needs quotes: " + quoted(word));
  node.bad = true;
  resync_ = true;
  add(std::move(node));
}

void YamlBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  Node node = begin(offset_of(mark));
  node.text = value;
  const char first = node.offset < text_.size() ? text_[node.offset] : ' ';
  if (first == '&' || anchor != 0) {
    anchor_error(node);
  } else if (tag == kPlainTag && first != '!') {
    plain_scalar(node, value);
  } else if (tag == kQuotedTag && std::string_view("\"'|>").find(first) != std::string_view::npos) {
    marked_scalar(node, value);
  } else {
    tag_error(node, tag, value);
  }
  cursor_ = std::max(cursor_, node.offset + node.bytes);
  add(std::move(node));
}

void YamlBuilder::plain_scalar(Node& node, const std::string& value) {
  node.bytes = value.size();
  const bool on_one_line = text_.substr(node.offset, value.size()) == value;
  std::size_t before = node.offset;
  while (before > 0 && text_[before - 1] == ' ') --before;
  const bool leads = before == 0 || text_[before - 1] == '\n';
  if (leads && value.size() > 1 && value[0] == '-' && value[1] != '-') {
    error(node.offset, 1, "a space is missing after -");
    node.bad = true;
  } else if (!on_one_line) {
    const auto line = text_.substr(node.offset, text_.find('\n', node.offset) - node.offset);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && colon + 1 < line.size() && line[colon + 1] != ' ') {
      error(node.offset, colon + 1,
            "a space is missing after " + std::string(line.substr(0, colon + 1)));
    } else {
      error(node.offset, line.size(), "this text would go on over the next line",
            "check the next line's indentation and its \":\"; long text stands after |");
    }
    node.bad = true;
  }
  if (!on_one_line) {
    node.bytes = text_.substr(node.offset, text_.find('\n', node.offset) - node.offset).size();
    ran_over_ = true;
    resync_ = true;
  }
}

void YamlBuilder::marked_scalar(Node& node, const std::string&) {
  node.quoted = true;
  if (text_[node.offset] == '|' || text_[node.offset] == '>') {
    resync_ = true;  // it ends where the indentation does
  } else {
    const std::size_t end = closing_quote(text_, node.offset);
    if (end == std::string_view::npos) {
      error(node.offset, text_.find('\n', node.offset) - node.offset,
            "this quote is never closed on its line");
      throw YamlAborted{};
    }
    node.bytes = end - node.offset;
  }
  check_value(node);
}

// Escapes in double quotes can say what the file itself may not hold.
void YamlBuilder::check_value(Node& node) {
  for (std::size_t i = 0; i < node.text.size();) {
    const auto [character, next] = decode_utf8(node.text, i);
    if (character == kNoCharacter || is_control(character)) {
      error(node.offset, node.bytes, "control characters may not stand in text");
      node.bad = true;
      return;
    }
    i = next;
  }
}

void YamlBuilder::begin_collection(std::size_t offset, Node::Kind kind, const std::string& tag,
                                   YAML::anchor_t anchor, bool flow) {
  Node node = begin(offset);
  node.kind = kind;
  if (open_.size() >= static_cast<std::size_t>(kYamlDepthMax)) {
    error(offset, 1, "more than " + std::to_string(kYamlDepthMax) + " levels deep");
    throw YamlAborted{};
  }
  if (anchor != 0) {
    anchor_error(node);
  } else if (tag != kPlainTag && !tag.empty()) {
    tag_error(node, tag, "");
  }
  node.bytes = 1;
  const bool bracket = offset < text_.size() && (text_[offset] == '[' || text_[offset] == '{');
  cursor_ = std::max(cursor_, offset + (flow && bracket ? 1 : 0));
  open_.push_back({.node = std::move(node), .flow = flow, .key = {}, .key_lines = {}});
}

void YamlBuilder::end_collection(char bracket) {
  Open ended = std::move(open_.back());
  open_.pop_back();
  const char opened = ended.node.offset < text_.size() ? text_[ended.node.offset] : ' ';
  if (ended.flow && (opened == '[' || opened == '{')) {
    // The library gives no mark of the closing bracket.
    std::size_t at = cursor_;
    while (at < text_.size() && text_[at] != bracket) {
      const bool comment = comment_at(text_, at);
      at = comment ? std::min(text_.find('\n', at), text_.size()) : at + 1;
    }
    check_gap(at);
    cursor_ = std::min(at + 1, text_.size());
  }
  add(std::move(ended.node));
}

void YamlBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                  YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  begin_collection(offset_of(mark), Node::Kind::sequence, tag, anchor,
                   style == YAML::EmitterStyle::Flow);
}

void YamlBuilder::OnSequenceEnd() { end_collection(']'); }

void YamlBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value style) {
  begin_collection(offset_of(mark), Node::Kind::map, tag, anchor,
                   style == YAML::EmitterStyle::Flow);
}

void YamlBuilder::OnMapEnd() { end_collection('}'); }

// The mark of a null is often the token after it, so it is told at its key or its dash.
void YamlBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t) {
  Node none;
  none.bytes = 0;
  none.bad = true;
  none.offset = cursor_;
  if (open_.empty()) {
    error(0, 1, "nothing is written here");
    root_ = std::move(none);
    return;
  }
  Open& top = open_.back();
  if (top.node.is_sequence()) {
    null_item(offset_of(mark));
  } else if (top.key) {
    null_value(*top.key, offset_of(mark));
    top.key->bad = true;  // whoever knows no such key says no more of it
    last_start_ = top.key->offset;
  } else {
    if (!null_word(offset_of(mark), "quote it if it is text")) {
      error(offset_of(mark), 1, "a key is missing before \":\"");
    }
    throw YamlAborted{};
  }
  const std::size_t start = last_start_;
  add(std::move(none));
  last_start_ = start;
}

void YamlBuilder::null_item(std::size_t mark) {
  std::size_t dash = cursor_;
  while (!open_.back().flow && dash < text_.size() && text_[dash] != '-') {
    dash = comment_at(text_, dash) ? std::min(text_.find('\n', dash), text_.size()) : dash + 1;
  }
  const std::size_t after = open_.back().flow ? mark : skip_blanks(text_, dash + 1);
  cursor_ = std::min(open_.back().flow ? mark : dash + 1, text_.size());
  if (comment_made_it(after) || null_word(after, "quote it if it is text")) return;
  error(std::min(cursor_, dash), 1, "this item is empty", "write a value, or take it out");
}

bool YamlBuilder::null_word(std::size_t at, const std::string& hint) {
  if (at >= text_.size()) return false;
  const auto word = text_.substr(at, text_.find_first_of(" \t\n,:}]#", at) - at);
  if (!is_null_word(word)) return false;
  error(at, word.size(), quoted(word) + " is no value", hint);
  cursor_ = at + word.size();
  return true;
}

bool YamlBuilder::comment_made_it(std::size_t at) {
  if (!comment_at(text_, at)) return false;
  const auto word = meant_word(text_, at);
  if (word.size() < 2) return false;
  error(at, word.size(), std::string(kCommentMessage));
  return true;
}

bool YamlBuilder::comma_made_it(Open& map, const Node& key) {
  if (!map.flow || key.offset == 0 || text_[key.offset - 1] != ',') return false;
  if (comma_chain_end_ == key.offset - 1) {
    comma_chain_end_ = key.offset + key.bytes;
    return true;
  }
  if (map.node.entries.empty()) return false;
  Node& before = map.node.entries.back().value;
  if (!before.is_scalar() || before.quoted || before.bytes == 0 ||
      before.offset + before.bytes + 1 != key.offset) {
    return false;
  }
  const auto word = meant_word(text_, before.offset);
  std::string hint = "quote it, or write a list: [" + before.text + ", " + key.text + "]";
  std::string plain(word);
  plain.erase(std::remove(plain.begin(), plain.end(), ','), plain.end());
  if (plain.find_first_not_of("$0123456789.") == std::string::npos) {
    hint = "write ";
    if (plain.ends_with("000000")) {
      hint += plain.substr(0, plain.size() - 6) + "M, ";
    } else if (plain.ends_with("000")) {
      hint += plain.substr(0, plain.size() - 3) + "k, ";
    }
    hint += plain + " or " + quoted(word);
  }
  error(
      before.offset, word.size(),
      quoted(word) + " inside { } is two things to YAML: " + before.text + " and a key " + key.text,
      hint);
  before.bad = true;
  comma_chain_end_ = key.offset + key.bytes;
  return true;
}

void YamlBuilder::null_value(const Node& key, std::size_t mark) {
  if (key.bad || comma_made_it(open_.back(), key)) return;
  const std::size_t key_end = key.offset + key.bytes;
  std::size_t at = skip_blanks(text_, key_end);
  const bool colon_follows = at < text_.size() && text_[at] == ':';
  const std::size_t inner = key.text.find(':');
  if (!colon_follows && !key.quoted) {
    if (inner != std::string::npos && inner + 1 < key.text.size()) {
      error(key.offset, key.bytes, "a space is missing after " + key.text.substr(0, inner + 1));
    } else {
      const std::size_t space = key.text.find(' ');
      error(key.offset, key.bytes, "a \":\" is missing after " + quoted(key.text.substr(0, space)));
    }
    return;
  }
  if (colon_follows) at = skip_blanks(text_, at + 1);
  if (comment_made_it(at)) return;
  const bool where = inside("where");
  const std::string hint = where ? "write {exists: false}" : "write a value, or leave the key out";
  if (at == mark && null_word(at, where ? hint : "quote it if it is text")) return;
  error(key.offset, key.bytes, quoted(key.text) + " has no value", hint);
}

}  // namespace tocsin
