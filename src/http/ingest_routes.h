// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/api.h"
#include "http/ingest.h"
#include "http/ingest_answer.h"
#include "http/router.h"

namespace tocsin {

// POST /v1/events and /v1/traces: who may send what, and what is answered. Any thread.
class IngestRoutes {
 public:
  static constexpr std::size_t kBodyMax = std::size_t{16} << 20;   // plain
  static constexpr std::size_t kUnderWayMax = 32;                  // requests at once
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;  // of their bodies together
  static constexpr std::array<const char*, 2> kPaths = {"/v1/events", "/v1/traces"};

  explicit IngestRoutes(Ingest ingest) : ingest_(std::move(ingest)) {}

  static bool serves(std::string_view path);

  // A request under way, with its share of what all may take. From its head to its answer.
  class Place {
   public:
    explicit Place(IngestRoutes& of) : routes_(of), taken_(++of.under_way_ <= kUnderWayMax) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool taken() const { return taken_; }
    // False: that would be too many bytes for all together.
    bool grow(std::size_t bytes);

   private:
    IngestRoutes& routes_;
    const bool taken_;
    std::size_t bytes_ = 0;
  };

  // Why a request is answered without a look at its body. `api_token` is asked for where no token
  // is of senders alone.
  std::optional<HttpAnswer> refused_at_head(const HttpCall& call, std::string_view api_token);

  enum class Failure : std::uint8_t {
    busy,       // no place, or no bytes
    too_large,  // over kBodyMax
    cut_short,  // it did not come whole, or not in time
  };
  HttpAnswer refused_body(const HttpCall& call, Failure failure);
  // A body that came whole.
  HttpAnswer take(const HttpCall& call, std::string_view body, Place& place);

  // An empty one is not taken.
  void set_token(std::string token);
  std::vector<MetricSample> metrics() const;

 private:
  enum class Reason : std::uint8_t {
    method,
    token,
    signature,
    foreign,
    media_type,
    encoding,
    too_large,
    unreadable,
    cut_short,
    busy,
    unavailable,
  };
  static constexpr std::size_t kReasons = 11;
  static constexpr std::array<int, 9> kBuckets = {1, 2, 5, 10, 20, 50, 100, 500, 5000};  // ms

  struct Counts {
    std::atomic<std::uint64_t> requests{0}, events{0}, set_aside{0}, bytes{0};
  };

  HttpAnswer refuse(const HttpCall& call, Reason reason, int status, std::string_view text);
  HttpAnswer take_plain(const HttpCall& call, std::string_view body);
  void note_durable(std::chrono::microseconds durable_in);

  const Ingest ingest_;
  std::atomic<std::size_t> under_way_{0}, bytes_{0};
  mutable std::mutex mutex_;
  std::string token_ = ingest_.token;  // guarded by mutex_
  std::array<Counts, kPaths.size()> counts_;
  std::array<std::atomic<std::uint64_t>, kReasons> refused_{};
  std::array<std::atomic<std::uint64_t>, kBuckets.size() + 1> durable_{};
  std::atomic<std::uint64_t> durable_us_{0};
};

}  // namespace tocsin
