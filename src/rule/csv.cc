// SPDX-License-Identifier: Apache-2.0
#include "rule/csv.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "document/utf8.h"

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
      if (!row) {
        if (rows.empty()) return std::nullopt;
        at_ = std::min(text_.find('\n', start), text_.size()) + 1;
        continue;
      }
      const bool blank = row->size() == 1 && row->front().bytes == 0;
      if (blank) continue;
      if (rows.empty() && !commas(*row)) return std::nullopt;
      if (!rows.empty() && row->size() != rows.front().size()) {
        wrong_size(*row, rows.front(), start);
        continue;
      }
      rows.push_back(std::move(*row));
    }
    return rows;
  }

 private:
  // False: the columns are separated by something else, as some programs save them.
  bool commas(const CsvRow& names) {
    if (names.size() != 1) return true;
    const auto line = text_.substr(names[0].offset, names[0].bytes);
    const std::size_t at = line.find_first_of(";\t|");
    if (at == std::string_view::npos) return true;
    const std::string_view what = line[at] == ';'    ? "semicolons"
                                  : line[at] == '\t' ? "tabs"
                                                     : "vertical bars";
    error(names[0].offset + at, 1,
          "columns are separated by " + std::string(what) + " here, and commas are read",
          "save the table with commas; a value that holds one needs quotes");
    return false;
  }

  // "$4,000" without quotes: the first of the columns it became; nothing if there is none.
  std::optional<std::size_t> cut_amount(const CsvRow& row) const {
    const auto is_plain = [&](const CsvField& field) { return text_[field.offset] != '"'; };
    const auto digits = [](std::string_view text) {
      return std::min(text.find_first_not_of("0123456789"), text.size());
    };
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      const std::string& text = row[i].text;
      if (row[i].bytes == 0 || row[i + 1].bytes == 0) continue;
      const std::size_t sign = text.starts_with('$') ? 1 : 0;
      const std::size_t whole = digits(std::string_view(text).substr(sign));
      if (whole == 0 || whole > 3 || sign + whole != text.size()) continue;
      const bool adjacent = row[i].offset + row[i].bytes + 1 == row[i + 1].offset;
      if (is_plain(row[i]) && adjacent && digits(row[i + 1].text) == 3) return i;
    }
    return std::nullopt;
  }

  void wrong_size(const CsvRow& row, const CsvRow& names, std::size_t start) {
    const auto cut = row.size() > names.size() ? cut_amount(row) : std::nullopt;
    if (cut) {
      const CsvField& first = row[*cut];
      const CsvField& last = row[std::min(*cut + row.size() - names.size(), row.size() - 1)];
      const auto amount = text_.substr(first.offset, last.offset + last.bytes - first.offset);
      error(first.offset, amount.size(),
            tocsin::quoted(amount) + " without quotes is more than one column",
            "write it in quotes, or without its comma");
      return;
    }
    std::string columns;
    for (const CsvField& name : names) columns += (columns.empty() ? "" : ",") + name.text;
    const std::size_t end = std::min(text_.find('\n', start), text_.size());
    error(start, end - start,
          "this row has " + std::to_string(row.size()) +
              (row.size() == 1 ? " column" : " columns") + " and the first line names " +
              std::to_string(names.size()) + ": " + columns,
          row.size() > names.size() ? "a value that holds a comma needs quotes" : "");
  }

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
      error(field.offset, at_ - field.offset, "this quote is never closed on its line",
            "a value stands on one line; a quote within it is written twice");
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
};

}  // namespace

std::optional<std::vector<CsvRow>> read_csv(const SourceText& source, Diagnostics& diagnostics) {
  return CsvReader(source, diagnostics).rows();
}

}  // namespace tocsin
