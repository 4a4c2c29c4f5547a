// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/file_system.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace tocsin::crash {

// What a power cut does to bytes that were not synced.
enum class Damage {
  drop,      // none is left
  keep,      // all are, as luck will have it
  truncate,  // some, from the first
  garble,    // some, and rubbish behind them
  zeros,     // some, and zeros behind them
  holes,     // sectors here and there are zero
  mixed,     // each file another of these
};
inline constexpr int kDamages = 7;

// A file system on top of the real one that knows what is synced and what isn't, bytes and names
// apart. At a given step (an append, a sync, a change of a name) the power is cut: that and all
// later steps fail. Then, when all files are closed, settle() makes the real files what they could
// be after that. Names are those of one directory; of what was done to them since its last sync
// some beginning survives, as in a file system that keeps a journal.
class LossyFiles final : public rocksdb::FileSystemWrapper {
 public:
  // `attic`: a directory of ours on the same disk. `fatal_step` counts from 1; 0: none.
  LossyFiles(std::string attic, std::uint64_t fatal_step);

  bool lost() const;
  std::uint64_t steps() const;
  // Once, after the cut.
  void settle(Damage damage, std::mt19937_64& random);

  const char* Name() const override { return "LossyFiles"; }
  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  struct File {
    std::uint64_t size = 0, synced = 0;
  };

 private:
  friend class LossyFile;
  friend class LossyDirectory;

  struct NameChange {
    enum class Kind { created, erased, renamed } kind;
    std::string path, to;  // `to` of renamed
    std::string old;       // in the attic: what lay at `path` (erased) or `to` (renamed); or none
    std::shared_ptr<File> old_file;
  };

  rocksdb::IOStatus step();
  std::string put_away(const std::string& path);
  void names_synced();
  void undo(const NameChange& change);
  void damage(const std::string& path, const File& file, Damage damage, std::mt19937_64& random);

  const std::string attic_;
  const std::uint64_t fatal_step_;
  mutable std::mutex mutex_;  // guards all below
  std::uint64_t steps_ = 0;
  bool lost_ = false;
  std::uint64_t put_away_ = 0;
  std::map<std::string, std::shared_ptr<File>> files_;  // written since the start
  std::vector<NameChange> changes_;                     // since the directory was synced
};

}  // namespace tocsin::crash
