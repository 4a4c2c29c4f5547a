// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "file/decompress.h"
#include "tocsin/result.h"
#include "tocsin/time.h"

namespace tocsin {

// The plain bytes of a file or of standard input, whether plain, gzip or zstd. One thread.
class ByteStream {
 public:
  // "-" is standard input. reject: it cannot be opened, or is no file.
  static Result<ByteStream> open(const std::string& path);

  ByteStream(ByteStream&& other) noexcept;
  ByteStream& operator=(ByteStream&&) = delete;
  ~ByteStream();

  // How many bytes were read; 0: none now, and none ever if ended(). Of a pipe it waits for some.
  // reject: the data is damaged or cannot be read, and stays so.
  Result<std::size_t> read(std::span<char> into);
  // There is nothing more, and never will be: the end of a pipe or of compressed data.
  bool ended() const { return ended_; }
  // A file on disk, not a pipe: what is read is all there is, unless it grows.
  bool regular() const { return regular_; }
  // Bytes taken from the file itself, compressed or not: how far it was read.
  std::int64_t raw_read() const { return raw_read_; }
  // Waits until there may be something to read, at most `wait`; whether there may.
  bool wait(Millis wait) const;
  // What happened to a plain file under us: cut, or another one of its name. Nothing if all is
  // well.
  std::optional<std::string> trouble() const;

 private:
  ByteStream(std::string path, int fd);
  Result<std::size_t> read_raw(std::span<char> into);
  Result<void> detect();
  Result<std::size_t> read_compressed(std::span<char> into);
  bool grown() const;

  std::string path_;
  int fd_ = -1;
  bool regular_ = false;
  bool detected_ = false;
  bool raw_ended_ = false;  // the last raw read found nothing
  bool ended_ = false;
  std::int64_t raw_read_ = 0;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<char> raw_;  // read, not yet decompressed or handed out
  std::size_t raw_begin_ = 0;
};

}  // namespace tocsin
