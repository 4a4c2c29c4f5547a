// SPDX-License-Identifier: Apache-2.0
#include "rule/csv.h"

#include <string_view>
#include <utility>

namespace tocsin {
namespace {

class CsvReader {
 public:
  CsvReader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), text_(source.text()), diagnostics_(diagnostics) {}

  std::optional<std::vector<CsvRow>> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      const std::size_t start = at_;
      auto row = next_row();
      if (!row) return std::nullopt;
      const bool blank = row->size() == 1 && row->front().bytes == 0;
      if (blank) continue;
      if (!rows.empty() && row->size() != rows.front().size()) {
        const std::size_t end = std::min(text_.find('\n', start), text_.size());
        error(start, end - start,
              "this row has " + std::to_string(row->size()) + " fields and the first has " +
                  std::to_string(rows.front().size()),
              row->size() > rows.front().size() ? "quote amounts with commas: \"$4,000\"" : "");
        good_ = false;
        continue;
      }
      rows.push_back(std::move(*row));
    }
    if (!good_) return std::nullopt;
    return rows;
  }

 private:
  void error(std::size_t offset, std::size_t bytes, std::string message, std::string hint = {}) {
    if (is_full(diagnostics_, Diagnostic::Level::error)) return;
    diagnostics_.push_back(source_.error(offset, bytes, std::move(message), std::move(hint)));
  }
  bool at_end() const { return at_ >= text_.size() || text_[at_] == '\n'; }

  std::optional<CsvRow> next_row() {
    CsvRow row;
    while (true) {
      while (!at_end() && text_[at_] == ' ') ++at_;
      auto field = !at_end() && text_[at_] == '"' ? quoted_field() : plain_field();
      if (!field) return std::nullopt;
      row.push_back(std::move(*field));
      if (at_end()) break;
      ++at_;  // the comma
    }
    ++at_;
    return row;
  }

  std::optional<CsvField> plain_field() {
    CsvField field{.text = {}, .offset = at_};
    while (!at_end() && text_[at_] != ',') ++at_;
    field.text = text_.substr(field.offset, at_ - field.offset);
    while (field.text.ends_with(' ')) field.text.pop_back();
    field.bytes = field.text.size();
    return field;
  }

  std::optional<CsvField> quoted_field() {
    CsvField field{.text = {}, .offset = at_};
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"') {
        const bool doubled = at_ + 1 < text_.size() && text_[at_ + 1] == '"';
        if (!doubled) break;
        ++at_;
      }
      field.text += text_[at_];
    }
    if (at_end()) {
      error(field.offset, at_ - field.offset, "this quote is never closed on its line");
      return std::nullopt;
    }
    field.bytes = ++at_ - field.offset;
    while (!at_end() && text_[at_] == ' ') ++at_;
    if (!at_end() && text_[at_] != ',') {
      error(at_, 1, "nothing may follow the closing quote but a comma");
      return std::nullopt;
    }
    return field;
  }

  const SourceText& source_;
  std::string_view text_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

std::optional<std::vector<CsvRow>> read_csv(const SourceText& source, Diagnostics& diagnostics) {
  return CsvReader(source, diagnostics).rows();
}

}  // namespace tocsin
