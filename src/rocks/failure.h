// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/listener.h>
#include <rocksdb/status.h>

#include <mutex>
#include <optional>
#include <string>

#include "tocsin/result.h"

namespace tocsin::rocks {

// Does `status` say that files are missing or hold other bytes than were written? Such a state
// stays as it is, whereas a disk that fails or is full may be mended.
bool is_damage(const rocksdb::Status& status);

// What a person reads when `status` came from the database in `path`; ends with what to do.
std::string explain(const std::string& path, const rocksdb::Status& status);

// The first error that makes further writes a risk, whichever thread met it. Any thread.
class Failure final : public rocksdb::EventListener {
 public:
  explicit Failure(std::string path) : path_(std::move(path)) {}

  // Called by RocksDB's own threads; must not throw or block.
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

  // Keeps `status` unless one was kept before; answers the one kept.
  std::string keep(const rocksdb::Status& status);
  std::optional<std::string> kept() const;

 private:
  const std::string path_;
  mutable std::mutex mutex_;
  std::optional<std::string> message_;
};

}  // namespace tocsin::rocks
