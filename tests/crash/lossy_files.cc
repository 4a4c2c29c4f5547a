// SPDX-License-Identifier: Apache-2.0
#include "crash/lossy_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace tocsin::crash {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

constexpr std::uint64_t kSector = 512;

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error("cannot " + what);
}

}  // namespace

class LossyFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LossyFile(std::unique_ptr<rocksdb::FSWritableFile>&& target,
            std::shared_ptr<LossyFiles::File> file, LossyFiles& files)
      : FSWritableFileOwnerWrapper(std::move(target)), file_(std::move(file)), files_(files) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    if (IOStatus stepped = files_.step(); !stepped.ok()) return stepped;
    return grown(data.size(), FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    if (IOStatus stepped = files_.step(); !stepped.ok()) return stepped;
    return grown(data.size(), FSWritableFileOwnerWrapper::Append(data, options, info, debug));
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (IOStatus stepped = files_.step(); !stepped.ok()) return stepped;
    // The real file need not be synced: it is only asked what was.
    IOStatus flushed = Flush(options, debug);
    const std::lock_guard lock(files_.mutex_);
    if (flushed.ok()) file_->synced = file_->size;
    return flushed;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();  // promises nothing
  }

 private:
  IOStatus grown(std::uint64_t by, IOStatus status) {
    const std::lock_guard lock(files_.mutex_);
    if (status.ok()) file_->size += by;
    return status;
  }

  const std::shared_ptr<LossyFiles::File> file_;
  LossyFiles& files_;
};

class LossyDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  LossyDirectory(std::unique_ptr<rocksdb::FSDirectory>&& target, LossyFiles& files)
      : FSDirectoryWrapper(std::move(target)), files_(files) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return sync(); }
  IOStatus FsyncWithDirOptions(const IOOptions&, IODebugContext*,
                               const rocksdb::DirFsyncOptions&) override {
    return sync();
  }

 private:
  IOStatus sync() {
    IOStatus stepped = files_.step();
    if (stepped.ok()) files_.names_synced();
    return stepped;
  }
  LossyFiles& files_;
};

LossyFiles::LossyFiles(std::string attic, std::uint64_t fatal_step)
    : FileSystemWrapper(FileSystem::Default()), attic_(std::move(attic)), fatal_step_(fatal_step) {
  std::filesystem::remove_all(attic_);
  std::filesystem::create_directory(attic_);
}

bool LossyFiles::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}
std::uint64_t LossyFiles::steps() const {
  const std::lock_guard lock(mutex_);
  return steps_;
}

IOStatus LossyFiles::step() {
  const std::lock_guard lock(mutex_);
  if (!lost_) lost_ = ++steps_ == fatal_step_;
  return lost_ ? IOStatus::IOError("the power is cut") : IOStatus::OK();
}

// A second name for a file that is about to lose its own; empty: there is none.
std::string LossyFiles::put_away(const std::string& path) {
  if (!std::filesystem::exists(path)) return {};
  std::string away = attic_ + "/" + std::to_string(++put_away_);
  must(::link(path.c_str(), away.c_str()) == 0, "link " + path);
  return away;
}

void LossyFiles::names_synced() {
  const std::lock_guard lock(mutex_);
  for (const NameChange& change : changes_) {
    if (!change.old.empty()) ::unlink(change.old.c_str());
  }
  changes_.clear();
}

IOStatus LossyFiles::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file,
                                     IODebugContext* debug) {
  if (IOStatus stepped = step(); !stepped.ok()) return stepped;
  std::unique_ptr<rocksdb::FSWritableFile> real;
  IOStatus made = FileSystemWrapper::NewWritableFile(path, options, &real, debug);
  if (!made.ok()) return made;
  auto written = std::make_shared<File>();
  {
    const std::lock_guard lock(mutex_);
    files_[path] = written;
    changes_.push_back({NameChange::Kind::created, path, {}, {}, nullptr});
  }
  *file = std::make_unique<LossyFile>(std::move(real), std::move(written), *this);
  return made;
}

IOStatus LossyFiles::NewDirectory(const std::string& path, const IOOptions& options,
                                  std::unique_ptr<rocksdb::FSDirectory>* directory,
                                  IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  IOStatus made = FileSystemWrapper::NewDirectory(path, options, &real, debug);
  if (made.ok()) *directory = std::make_unique<LossyDirectory>(std::move(real), *this);
  return made;
}

IOStatus LossyFiles::DeleteFile(const std::string& path, const IOOptions& options,
                                IODebugContext* debug) {
  if (IOStatus stepped = step(); !stepped.ok()) return stepped;
  const std::lock_guard lock(mutex_);
  NameChange change{NameChange::Kind::erased, path, {}, put_away(path), nullptr};
  IOStatus erased = FileSystemWrapper::DeleteFile(path, options, debug);
  if (!erased.ok()) return erased;
  if (const auto known = files_.find(path); known != files_.end()) {
    change.old_file = known->second;
    files_.erase(known);
  }
  changes_.push_back(std::move(change));
  return erased;
}

IOStatus LossyFiles::RenameFile(const std::string& from, const std::string& to,
                                const IOOptions& options, IODebugContext* debug) {
  if (IOStatus stepped = step(); !stepped.ok()) return stepped;
  const std::lock_guard lock(mutex_);
  NameChange change{NameChange::Kind::renamed, from, to, put_away(to), nullptr};
  IOStatus renamed = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  if (const auto known = files_.find(to); known != files_.end()) {
    change.old_file = known->second;
    files_.erase(known);
  }
  if (const auto known = files_.find(from); known != files_.end()) {
    files_[to] = known->second;
    files_.erase(from);
  }
  changes_.push_back(std::move(change));
  return renamed;
}

void LossyFiles::undo(const NameChange& change) {
  const std::string& lost = change.kind == NameChange::Kind::renamed ? change.to : change.path;
  if (change.kind == NameChange::Kind::created) {
    ::unlink(change.path.c_str());
    files_.erase(change.path);
    return;
  }
  if (change.kind == NameChange::Kind::renamed) {
    ::rename(change.to.c_str(), change.path.c_str());
    if (const auto known = files_.find(change.to); known != files_.end()) {
      files_[change.path] = known->second;
      files_.erase(change.to);
    }
  }
  if (change.old.empty()) return;
  must(::rename(change.old.c_str(), lost.c_str()) == 0, "bring back " + lost);
  if (change.old_file) files_[lost] = change.old_file;
}

void LossyFiles::settle(Damage damage, std::mt19937_64& random) {
  const std::lock_guard lock(mutex_);
  std::size_t survive = random() % (changes_.size() + 1);
  if (damage == Damage::drop) survive = 0;
  if (damage == Damage::keep) survive = changes_.size();
  while (changes_.size() > survive) {
    undo(changes_.back());
    changes_.pop_back();
  }
  for (const auto& [path, file] : files_) {
    if (file->size <= file->synced || !std::filesystem::exists(path)) continue;
    const auto one =
        damage == Damage::mixed ? static_cast<Damage>(random() % (kDamages - 1)) : damage;
    this->damage(path, *file, one, random);
  }
}

void LossyFiles::damage(const std::string& path, const File& file, Damage damage,
                        std::mt19937_64& random) {
  const std::uint64_t kept = file.synced + random() % (file.size - file.synced + 1);
  if (damage == Damage::drop || damage == Damage::truncate) {
    std::filesystem::resize_file(path, damage == Damage::drop ? file.synced : kept);
    return;
  }
  const int out = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  must(out >= 0, "open " + path);
  const auto write = [&](std::uint64_t from, const std::string& bytes) {
    must(::pwrite(out, bytes.data(), bytes.size(), static_cast<off_t>(from)) ==
             static_cast<ssize_t>(bytes.size()),
         "damage " + path);
  };
  std::string bytes(file.size - kept, '\0');
  if (damage == Damage::garble) {
    std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  }
  if (damage == Damage::garble || damage == Damage::zeros) write(kept, bytes);
  for (std::uint64_t at = file.synced; damage == Damage::holes && at < file.size;) {
    const std::uint64_t end = std::min(file.size, (at / kSector + 1) * kSector);
    if (random() % 2 == 0) write(at, std::string(end - at, '\0'));
    at = end;
  }
  ::close(out);
}

}  // namespace tocsin::crash
