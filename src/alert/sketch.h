// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tocsin/row.h"

namespace tocsin {

// What one request adds to a Sketch. Of a DDSketch (Masson, Rim, Lee 2019) the bucket of its
// latency; of a HyperLogLog (Flajolet and others 2007) the register of its user or session, and its
// rank. Zero: nothing.
using SketchElement = std::uint32_t;

// Buckets are 2 % wide from 0.1 ms on, so what stands for all of one is at most 1 % beside each.
SketchElement latency_element(std::int64_t microseconds);
// The same text is the same element on every machine and in every run.
SketchElement distinct_element(std::string_view text);

// A summary of many values: merging two is as if one had taken all, in any order. One use a sketch.
class Sketch {
 public:
  struct Entry {
    std::uint32_t key = 0;    // bucket, or register
    std::uint64_t value = 0;  // how many, or the rank
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  // `times` is of no account for distinct ones.
  void add(SketchElement element, std::uint64_t times);
  void merge(const Sketch& other);

  bool empty() const { return entries_.empty(); }
  std::size_t bytes() const { return entries_.capacity() * sizeof(Entry); }

  // The latency in microseconds that `thousandths` of all do not exceed, to 1 %; 0 of none.
  std::int64_t quantile(int thousandths) const;
  // How many different ones: exact up to some thousands but for one in 10^4, then to 1.2 % (one
  // standard deviation).
  std::int64_t distinct() const;

  void write(RowWriter& out) const;
  static Sketch read(RowReader& in);

  friend bool operator==(const Sketch&, const Sketch&) = default;

 private:
  void put(const Entry& entry);
  void coarsen();

  bool distinct_ = false;
  bool coarse_ = false;         // registers of 13 bits in place of 25
  std::vector<Entry> entries_;  // by rising key
};

}  // namespace tocsin
