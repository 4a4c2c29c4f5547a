// SPDX-License-Identifier: Apache-2.0
#include "file/decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>

namespace tocsin {
namespace {

class Gzip final : public Decompressor {
 public:
  Gzip() { usable_ = inflateInit2(&stream_, 15 + 16) == Z_OK; }  // 16: gzip's header, not zlib's
  ~Gzip() override {
    if (usable_) inflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<Step> step(std::span<const char> in, std::span<char> out) override {
    if (!usable_) return reject("no memory to decompress with");
    if (at_boundary_) inflateReset(&stream_);
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const std::size_t given = std::min(in.size(), kMost);
    const std::size_t room = std::min(out.size(), kMost);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(given);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      return reject(std::string("the gzip data is damaged (") +
                    (stream_.msg != nullptr ? stream_.msg : zError(result)) + ")");
    }
    at_boundary_ = result == Z_STREAM_END;
    return Step{given - stream_.avail_in, room - stream_.avail_out};
  }
  bool at_boundary() const override { return at_boundary_; }

 private:
  z_stream stream_{};
  bool usable_ = false;
  bool at_boundary_ = false;
};

class Zstandard final : public Decompressor {
 public:
  Result<Step> step(std::span<const char> in, std::span<char> out) override {
    if (!stream_) return reject("no memory to decompress with");
    ZSTD_inBuffer given{in.data(), in.size(), 0};
    ZSTD_outBuffer room{out.data(), out.size(), 0};
    const std::size_t result = ZSTD_decompressStream(stream_.get(), &room, &given);
    if (ZSTD_isError(result) != 0) {
      return reject(std::string("the zstd data is damaged (") + ZSTD_getErrorName(result) + ")");
    }
    at_boundary_ = result == 0;
    return Step{given.pos, room.pos};
  }
  bool at_boundary() const override { return at_boundary_; }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> stream_{ZSTD_createDStream()};
  bool at_boundary_ = false;
};

}  // namespace

std::unique_ptr<Decompressor> decompressor_for(std::span<const char> first_bytes) {
  constexpr std::array<unsigned char, 4> kZstd = {0x28, 0xb5, 0x2f, 0xfd};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(first_bytes[i]); };
  if (first_bytes.size() >= 2 && byte(0) == 0x1f && byte(1) == 0x8b) {
    return std::make_unique<Gzip>();
  }
  if (first_bytes.size() < 4) return nullptr;
  const bool zstd =
      byte(0) == kZstd[0] && byte(1) == kZstd[1] && byte(2) == kZstd[2] && byte(3) == kZstd[3];
  // A skippable frame may come first.
  const bool skippable =
      (byte(0) & 0xf0) == 0x50 && byte(1) == 0x2a && byte(2) == 0x4d && byte(3) == 0x18;
  if (zstd || skippable) return std::make_unique<Zstandard>();
  return nullptr;
}

Result<std::optional<std::string>> gunzip(std::string_view bytes, std::size_t max) {
  constexpr std::size_t kFirst = std::size_t{64} << 10;
  Gzip gzip;
  std::string plain(std::min(kFirst, max + 1), '\0');
  std::size_t made = 0;
  while (!bytes.empty() || !gzip.at_boundary()) {
    if (made == plain.size()) {
      if (made > max) return std::optional<std::string>();
      plain.resize(std::min(2 * plain.size(), max + 1));
    }
    const auto step = gzip.step(bytes, std::span(plain).subspan(made));
    if (!step) return tl::unexpected(step.error());
    if (step->taken == 0 && step->made == 0) return reject("the gzip data is cut short");
    bytes.remove_prefix(step->taken);
    made += step->made;
  }
  if (made > max) return std::optional<std::string>();
  plain.resize(made);
  return std::optional<std::string>(std::move(plain));
}

}  // namespace tocsin
