// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "pipeline/batch.h"
#include "state/id_archive.h"
#include "state/id_set.h"
#include "tocsin/store.h"

namespace tocsin {

// The ids of records that are read once more, apart from the engine's and forgotten as these are.
// One thread.
class IdsAgain {
 public:
  // `scratch` is empty and outlives this.
  IdsAgain(Store& scratch, const IdSet::Limits& limits)
      : scratch_(scratch), ids_(scratch, limits), archive_(scratch, ids_, limits) {}

  IdSet& set() { return ids_; }
  // Stores those that the batch claimed, and empties it but for what it has folded.
  Result<void> store(Batch& batch);
  std::uint64_t take_forgotten() { return archive_.take_forgotten(); }

 private:
  Store& scratch_;
  IdSet ids_;
  IdArchive archive_;
  std::uint64_t commits_ = 0;
};

}  // namespace tocsin
