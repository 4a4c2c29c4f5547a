// SPDX-License-Identifier: Apache-2.0
#include "price/compiled.h"

#include <limits>
#include <optional>
#include <utility>

namespace tocsin::prices {
namespace {

// The same calls write and read: a Writer takes what a Reader gives.
class Writer {
 public:
  std::string take() { return std::move(out_); }

  void number(int128& value) { number(static_cast<uint128>(value)); }
  void number(std::int64_t& value) {
    number(static_cast<uint128>(static_cast<std::uint64_t>(value)));
  }
  void scale(std::int64_t& value) { number(value); }
  static constexpr bool good() { return true; }
  void text(std::string_view& value) {
    number(uint128{value.size()});
    out_ += value;
  }
  template <class T, class F>
  void list(std::vector<T>& items, F&& each) {
    number(uint128{items.size()});
    for (T& item : items) each(item);
  }

 private:
  void number(uint128 value) {
    for (; value >= 0x80; value >>= 7) {
      out_.push_back(static_cast<char>(static_cast<unsigned>(value & 0x7f) | 0x80U));
    }
    out_.push_back(static_cast<char>(value));
  }
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  bool done() const { return good_ && rest_.empty(); }

  void number(int128& value) { value = static_cast<int128>(number()); }
  void number(std::int64_t& value) {
    value = static_cast<std::int64_t>(static_cast<std::uint64_t>(number()));
  }
  void scale(std::int64_t& value) {
    number(value);
    if (value <= 0) good_ = false;
  }
  void text(std::string_view& value) {
    const std::size_t size = count();
    value = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class T, class F>
  void list(std::vector<T>& items, F&& each) {
    const std::size_t size = count();
    items.resize(size);
    for (T& item : items) {
      if (good_) each(item);
    }
  }

 private:
  uint128 number() {
    uint128 value = 0;
    for (int shift = 0; shift < 128; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= uint128{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  // Of things that each take a byte or more.
  std::size_t count() {
    const uint128 size = number();
    if (size > rest_.size()) good_ = false;
    return good_ ? static_cast<std::size_t>(size) : 0;
  }

  std::string_view rest_;
  bool good_ = true;
};

// Each field of each part, in one place for both.
template <class Io>
class Parts {
 public:
  explicit Parts(Io& io) : io_(io) {}

  void provider(Provider& p) {
    io_.text(p.name);
    texts(p.aliases);
    clauses(p.names);
    texts(p.fallback_for);
    clauses(p.unnamed);
    io_.text(p.updated);
    io_.list(p.models, [this](Model& model) { this->model(model); });
  }

 private:
  void texts(std::vector<std::string_view>& list) {
    io_.list(list, [this](std::string_view& text) { io_.text(text); });
  }
  void clauses(Clauses& list) {
    io_.list(list, [this](Clause& clause) { this->clause(clause); });
  }
  void clause(Clause& c) {
    std::int64_t filled = (c.equals.empty() ? 0 : 1) | (c.starts_with.empty() ? 0 : 2) |
                          (c.ends_with.empty() ? 0 : 4) | (c.contains.empty() ? 0 : 8) |
                          (c.without.empty() ? 0 : 16) | (c.regex == nullptr ? 0 : 32);
    io_.number(filled);
    std::string_view* const parts[] = {&c.equals, &c.starts_with, &c.ends_with, &c.contains,
                                       &c.without};
    for (unsigned i = 0; i < std::size(parts); ++i) {
      if ((filled >> i & 1) != 0) io_.text(*parts[i]);
    }
    if ((filled & 32) == 0) return;
    std::string_view expression = c.regex == nullptr ? std::string_view() : c.regex->text();
    io_.text(expression);
    if (c.regex == nullptr) c.regex = std::make_shared<const Regex>(expression);
  }
  void span(Span& s) {
    constexpr Span kAlways;
    std::int64_t limits =
        (s.from_ms == kAlways.from_ms ? 0 : 1) | (s.until_ms == kAlways.until_ms ? 0 : 2);
    io_.number(limits);
    if ((limits & 1) != 0) io_.number(s.from_ms);
    if ((limits & 2) != 0) io_.number(s.until_ms);
  }
  void daily(std::optional<Daily>& d) {
    std::int64_t parts[] = {d ? 1 : 0, d ? d->from : 0, d ? d->until : 0,
                            d ? static_cast<std::int64_t>(d->days) : 0};
    for (std::int64_t& part : parts) io_.number(part);
    if (parts[0] == 0) return;
    d = Daily{static_cast<int>(parts[1]), static_cast<int>(parts[2]),
              static_cast<unsigned>(parts[3])};
  }
  void tiers(Tiers& list) {
    io_.list(list, [this](Tier& tier) {
      io_.number(tier.above);
      io_.list(tier.rates, [this](Rate& rate) {
        io_.text(rate.unit);
        io_.text(rate.text);
        io_.number(rate.atto);
        io_.scale(rate.scale);
        io_.number(rate.least);
      });
      if (io_.good()) tier.index();
    });
  }
  void model(Model& m) {
    io_.text(m.name);
    clauses(m.match);
    io_.list(m.periods, [this](Period& period) {
      span(period.span);
      daily(period.daily);
      io_.text(period.label);
      io_.text(period.origin);
      io_.text(period.updated);
      tiers(period.tiers);
    });
    io_.list(m.variants, [this](Variant& variant) {
      io_.text(variant.label);
      io_.list(variant.when, [this](Condition& condition) {
        io_.text(condition.name);
        texts(condition.values);
      });
      span(variant.span);
      tiers(variant.tiers);
    });
  }

  Io& io_;
};

}  // namespace

std::string compile(const Catalogue& catalogue) {
  Writer writer;
  Parts parts(writer);
  std::vector<Provider> providers = catalogue.providers;
  writer.list(providers, [&](Provider& provider) { parts.provider(provider); });
  return writer.take();
}

std::optional<Catalogue> compiled(std::string_view bytes) {
  Reader reader(bytes);
  Parts parts(reader);
  Catalogue catalogue;
  reader.list(catalogue.providers, [&](Provider& provider) { parts.provider(provider); });
  if (!reader.done()) return std::nullopt;
  return catalogue;
}

}  // namespace tocsin::prices
