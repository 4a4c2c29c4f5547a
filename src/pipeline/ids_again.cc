// SPDX-License-Identifier: Apache-2.0
#include "pipeline/ids_again.h"

#include <span>

#include "state/codec.h"

namespace tocsin {

Result<void> IdsAgain::store(Batch& batch) {
  if (auto failed = ids_.failure()) return tl::unexpected(*failed);
  for (const auto& progress : batch.progress) {
    PartitionRow row;
    row.stream_time = progress.stream_time;
    ids_.move_stored(progress.partition, stream_second(row));
  }
  WriteBatch rows;
  const std::span<const ClaimedId> claims[] = {batch.ids};
  archive_.write(++commits_, claims, rows);
  if (auto written = scratch_.write(rows, Sync::no); !written) return written;
  archive_.stored();
  batch.ids.clear();
  batch.progress.clear();
  batch.set_aside.clear();
  batch.counts.clear();
  batch.unpriced.clear();
  return {};
}

}  // namespace tocsin
