// SPDX-License-Identifier: Apache-2.0
#include "document/yaml_trouble.h"

#include <algorithm>
#include <optional>

#include "document/utf8.h"
#include "document/yaml_lex.h"

namespace tocsin {
namespace {

class Explainer {
 public:
  Explainer(const YamlTrouble& trouble, const SourceText& source, const YamlBuilder& builder)
      : trouble_(trouble), source_(source), text_(source.text()), builder_(builder) {}

  Diagnostic diagnostic() const {
    using Guess = std::optional<Diagnostic> (Explainer::*)() const;
    for (const Guess guess :
         {&Explainer::open_quote, &Explainer::star, &Explainer::comparison, &Explainer::reserved,
          &Explainer::escape, &Explainer::stray_bracket, &Explainer::bare_pattern,
          &Explainer::open_bracket, &Explainer::missing_colon, &Explainer::second_colon,
          &Explainer::text_after_value, &Explainer::indentation}) {
      if (auto found = (this->*guess)()) return *found;
    }
    return source_.error(at(), 1, "this cannot be read as YAML");
  }

 private:
  std::size_t at() const { return std::min(trouble_.offset, text_.size()); }
  char byte(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\n'; }
  bool after_bracket() const {
    return at() > 0 && (text_[at() - 1] == '[' || text_[at() - 1] == '{');
  }
  bool says(std::string_view words) const {
    return trouble_.message.find(words) != std::string::npos;
  }
  // Where the value that could not be read begins.
  std::size_t value_start() const {
    std::size_t i = builder_.cursor();
    while (i < text_.size() &&
           std::string_view(" \n:-,").find(text_[i]) != std::string_view::npos) {
      ++i;
    }
    return i;
  }

  // A quote that opens a value after the last one read and does not end on its line.
  std::optional<Diagnostic> open_quote() const {
    for (std::size_t i = builder_.cursor(); i < std::min(at() + 1, text_.size()); ++i) {
      if (comment_at(text_, i)) {
        i = std::min(text_.find('\n', i), text_.size());
        continue;
      }
      const bool opens =
          (text_[i] == '"' || text_[i] == '\'') &&
          (i == 0 || std::string_view(" \n[{,").find(text_[i - 1]) != std::string_view::npos);
      if (!opens) continue;
      const std::size_t end = closing_quote(text_, i);
      if (end == std::string_view::npos) {
        return source_.error(i, text_.size(), "this quote is never closed on its line");
      }
      i = end - 1;
    }
    return std::nullopt;
  }

  std::optional<Diagnostic> star() const {
    if (byte(at()) != '*') return std::nullopt;
    const auto word = meant_word(text_, at());
    return source_.error(at(), word.size(),
                         "a pattern that starts with * needs quotes: " + quoted(word));
  }

  std::optional<Diagnostic> comparison() const {
    if (!says("block scalar")) return std::nullopt;
    const std::size_t start = value_start();
    const std::string sign(1, byte(start));
    return source_.error(start, meant_word(text_, start).size(),
                         "\"" + sign + "\" starts a block of text in YAML",
                         "comparisons are words: above, below; a threshold is the amount alone");
  }

  std::optional<Diagnostic> reserved() const {
    const std::size_t start = at();
    if (std::string_view("@`%").find(byte(start)) == std::string_view::npos) return std::nullopt;
    if (start == builder_.cursor() && !after_bracket()) return std::nullopt;
    return source_.error(start, meant_word(text_, start).size(),
                         "text that starts with " + std::string(1, byte(start)) + " needs quotes");
  }

  std::optional<Diagnostic> escape() const {
    if (!says("escape character") && !says("unicode")) return std::nullopt;
    const std::size_t slash = text_.rfind('\\', at());
    const std::size_t from = slash == std::string_view::npos ? at() : slash;
    return source_.error(from, 2, quoted(text_.substr(from, 2)) + " is no escape that YAML knows",
                         "use single quotes, where a backslash is itself");
  }

  std::optional<Diagnostic> stray_bracket() const {
    if (!says("illegal flow end")) return std::nullopt;
    const auto* open = innermost_bracket();
    std::string hint;
    if (open != nullptr) {
      hint = "a " + std::string(1, byte(open->node.offset)) + " of line " +
             std::to_string(open->node.line) + " is still open";
    }
    return source_.error(at(), 1, "this " + std::string(1, byte(at())) + " closes nothing", hint);
  }

  const YamlBuilder::Open* innermost_bracket() const {
    const auto& open = builder_.open();
    const auto found = std::find_if(open.rbegin(), open.rend(), [this](const auto& frame) {
      const char first = byte(frame.node.offset);
      return frame.flow && (first == '[' || first == '{');
    });
    return found == open.rend() ? nullptr : &*found;
  }

  // A value goes straight on after what YAML took for its end.
  std::optional<Diagnostic> bare_pattern() const {
    if (innermost_bracket() == nullptr || at() != builder_.cursor()) return std::nullopt;
    if (byte(at()) == '\n' || byte(at()) == ' ' || after_bracket()) return std::nullopt;
    const std::size_t start = builder_.last_start();
    const auto word = meant_word(text_, start);
    if (word.starts_with("${")) {
      return source_.error(start, word.size(), "quote " + quoted(word) + " in braces");
    }
    return source_.error(start, word.size(), "quote patterns: " + quoted(word));
  }

  std::optional<Diagnostic> open_bracket() const {
    const auto* open = innermost_bracket();
    if (open == nullptr) return std::nullopt;
    const std::size_t from = open->node.offset;
    const bool list = byte(from) == '[';
    std::string hint = list ? "close it with ]" : "close it with }";
    const std::size_t line_end = std::min(text_.find('\n', from), text_.size());
    for (std::size_t i = from; i < line_end; ++i) {
      if (comment_at(text_, i)) hint = "# starts a comment; channels are named without it";
    }
    return source_.error(from, 1, list ? "this [ is never closed" : "this { is never closed", hint);
  }

  std::optional<Diagnostic> missing_colon() const {
    if (!says("illegal map value") && !says("map value")) return std::nullopt;
    std::size_t line_end = builder_.cursor();
    while (line_end < at()) {
      const std::size_t start = text_.find_first_not_of(" \n-", line_end);
      if (start >= at()) return std::nullopt;
      line_end = std::min(text_.find('\n', start), text_.size());
      const auto line = text_.substr(start, line_end - start);
      if (line[0] == '#') continue;
      if (line.find(": ") == std::string_view::npos && !line.ends_with(':')) {
        return source_.error(start, line.size(),
                             "a \":\" is missing after " + quoted(line.substr(0, line.find(' '))));
      }
      return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<Diagnostic> second_colon() const {
    if (!says("illegal map value")) return std::nullopt;
    return source_.error(at(), 1, "this \":\" would start a second value on the line",
                         "quote text that holds \": \"");
  }

  std::optional<Diagnostic> text_after_value() const {
    const std::size_t cursor = builder_.cursor();
    if (cursor >= at() && !says("end of")) return std::nullopt;
    const std::size_t next = skip_blanks(text_, cursor);
    if (cursor == 0 || byte(next) == '\n' || byte(next) == ':' || comment_at(text_, next)) {
      return std::nullopt;
    }
    return source_.error(next, meant_word(text_, next).size(), "nothing may follow the value here",
                         "quote the whole text");
  }

  std::optional<Diagnostic> indentation() const {
    if (!says("end of") && !says("bad indentation")) return std::nullopt;
    return source_.error(at(), meant_word(text_, at()).size(),
                         "this line is indented like none of those it could belong to");
  }

  const YamlTrouble& trouble_;
  const SourceText& source_;
  std::string_view text_;
  const YamlBuilder& builder_;
};

}  // namespace

void explain(const YamlTrouble& trouble, const SourceText& source, const YamlBuilder& builder,
             Diagnostics& diagnostics) {
  const auto after = [](const Diagnostic& a, const Diagnostic& b) {
    return a.line > b.line || (a.line == b.line && a.column >= b.column);
  };
  Diagnostic told = Explainer(trouble, source, builder).diagnostic();
  const bool same_file = !diagnostics.empty() && diagnostics.back().file == told.file;
  // A text that ran over its line's end is why what follows made no sense.
  if (same_file && builder.ran_over() && !after(diagnostics.back(), told)) return;
  std::erase_if(diagnostics, [&](const Diagnostic& earlier) {
    return earlier.file == told.file && after(earlier, told);
  });
  diagnostics.push_back(std::move(told));
}

}  // namespace tocsin
