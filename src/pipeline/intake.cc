// SPDX-License-Identifier: Apache-2.0
#include "pipeline/intake.h"

#include <fmt/format.h>

#include <utility>

#include "event/pieces.h"

namespace tocsin {
namespace {

// What of a body can be read.
class Reading final : public Decoder::Sink {
 public:
  explicit Reading(Intake::Answer& answer) : answer_(answer) {}

  void begin(std::size_t first_element) { first_element_ = first_element; }
  void event(const Event& /*event*/) override { ++answer_.events; }
  void quarantined(const Quarantined& bad) override {
    if (++answer_.set_aside > Intake::kProblemsMax) return;
    answer_.problems.push_back(bad);
    answer_.problems.back().element += first_element_;
  }
  std::size_t seen() const { return answer_.events + answer_.set_aside; }

 private:
  Intake::Answer& answer_;
  std::size_t first_element_ = 0;
};

std::string why_unreadable(const Intake::Answer& answer) {
  const Quarantined& first = answer.problems.front();
  return fmt::format("no event can be read: {}, element {}: {}", name(first.reason), first.element,
                     first.detail);
}

}  // namespace

Intake::Answer Intake::take(std::string_view body) {
  Answer answer;
  const auto pieces = Pieces::cut(body, IngestLog::kRecordMax);
  if (!pieces) {
    answer.kind = Answer::Kind::too_large;
    answer.text = fmt::format("an event of it is larger than {} bytes without its long texts",
                              IngestLog::kRecordMax);
    return answer;
  }
  Reading reading(answer);
  std::vector<std::string_view> records;
  RecordFormat format;
  auto decoder = borrow(format);
  for (const auto& piece : pieces->all()) {
    const std::size_t before = reading.seen();
    reading.begin(piece.first_element);
    decoder->begin_batch();
    decoder->decode(piece.bytes, format, reading);
    if (reading.seen() > before) records.push_back(piece.bytes);
  }
  give_back(std::move(decoder));
  if (answer.events == 0 && answer.set_aside > 0) {
    answer.kind = Answer::Kind::unreadable;
    answer.text = why_unreadable(answer);
    return answer;
  }
  if (records.empty()) return answer;
  const auto begun = clock_.monotonic();
  const auto kept = log_.append(records);
  answer.durable_in =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - begun);
  if (!kept) {
    answer.kind = kept.error().reaction == Reaction::reject ? Answer::Kind::too_large
                                                            : Answer::Kind::unavailable;
    answer.text = kept.error().message;
  }
  return answer;
}

void Intake::read_as(RecordFormat format) {
  const std::lock_guard lock(mutex_);
  format_ = std::move(format);
}

std::unique_ptr<Decoder> Intake::borrow(RecordFormat& format) {
  {
    const std::lock_guard lock(mutex_);
    format = format_;
    if (!idle_.empty()) {
      auto decoder = std::move(idle_.back());
      idle_.pop_back();
      return decoder;
    }
  }
  return std::make_unique<Decoder>();
}

void Intake::give_back(std::unique_ptr<Decoder> decoder) {
  decoder->begin_batch();
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(decoder));
}

}  // namespace tocsin
