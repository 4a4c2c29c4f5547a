// SPDX-License-Identifier: Apache-2.0
#include <zlib.h>

#include <catch2/catch.hpp>
#include <string>

#include "file/decompress.h"

using namespace tocsin;

namespace {

std::string packed(const std::string& plain) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(plain.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string refusal(const std::string& bytes) {
  const auto plain = gunzip(bytes, 1 << 20);
  return plain ? "taken" : plain.error().message;
}

}  // namespace

TEST_CASE("gunzip gives back what was compressed, of several members too") {
  const std::string large(300'000, 'x');
  CHECK(gunzip(packed(large), 1 << 20) == std::optional<std::string>(large));
  CHECK(gunzip(packed("one") + packed("two"), 100) == std::optional<std::string>("onetwo"));
  CHECK(gunzip(packed(""), 100) == std::optional<std::string>(""));
}

TEST_CASE("gunzip takes what has exactly as many bytes as it may, and makes no more of a bomb") {
  const std::string bomb = packed(std::string(50'000'000, '\0'));
  CHECK(gunzip(packed(std::string(1000, 'x')), 1000)->has_value());
  CHECK_FALSE(gunzip(packed(std::string(1001, 'x')), 1000)->has_value());
  CHECK_FALSE(gunzip(bomb, 1000)->has_value());
}

TEST_CASE("gunzip refuses what is cut short at any byte, damaged, or no gzip") {
  const std::string whole = packed("{\"id\": 1}\n{\"id\": 2}\n");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(whole.substr(0, size)) == "the gzip data is cut short");
  }
  std::string damaged = whole;
  damaged[whole.size() - 6] ^= 1;  // of the checksum
  CHECK_THAT(refusal(damaged), Catch::StartsWith("the gzip data is damaged"));
  CHECK_THAT(refusal("{\"id\": 1}"), Catch::StartsWith("the gzip data is damaged"));
}
