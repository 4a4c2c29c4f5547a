// SPDX-License-Identifier: Apache-2.0
#include "rocks/failure.h"

namespace tocsin::rocks {

bool is_damage(const rocksdb::Status& status) {
  return status.IsCorruption() ||
         status.ToString().find("No such file or directory") != std::string::npos;
}

std::string explain(const std::string& path, const rocksdb::Status& status) {
  const std::string where = "state directory \"" + path + "\"";
  const std::string detail = status.ToString();
  if (status.IsNoSpace() || detail.find("No space left") != std::string::npos) {
    return where + ": the disk is full (" + detail + "); free some space and start again";
  }
  if (detail.find("Too many open files") != std::string::npos) {
    return where + ": too many open files (" + detail + "); raise the limit and start again";
  }
  if (is_damage(status)) {
    return where + " is damaged (" + detail +
           "); restore it from a backup, or name a new "
           "state.path to count anew from what Kafka still holds";
  }
  return where + " cannot be read or written (" + detail + "); check the disk and start again";
}

void Failure::OnBackgroundError(rocksdb::BackgroundErrorReason /*reason*/,
                                rocksdb::Status* status) {
  if (status != nullptr && !status->ok()) keep(*status);
}

std::string Failure::keep(const rocksdb::Status& status) {
  const std::lock_guard lock(mutex_);
  if (!message_) message_ = explain(path_, status);
  return *message_;
}

std::optional<std::string> Failure::kept() const {
  const std::lock_guard lock(mutex_);
  return message_;
}

}  // namespace tocsin::rocks
